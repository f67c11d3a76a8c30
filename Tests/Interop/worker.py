#!/usr/bin/env python3
"""A worker in Python for the agents of agents.py; wire.py says which variables to set."""
import asyncio
import itertools
import json
import os
import signal
import time

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from agents import AGENTS, REGISTRATION, Failure
from wire import Receiver, Task, dealer, envelope, fence_of, pb, send, subscriber

CAPACITY = 4
SESSION = os.urandom(8).hex()  # new with every process: it tells a new worker from one that was cut off for a while
CONNECTIONS = []  # one to each orchestrator
TASKS = []  # what we have in hand of any of them: it runs, or nobody has acknowledged its answer
WORDS = {}  # what we asked about side effects, by message_id


class Work:
    """What an agent may say while it does a task; who it is said to may change meanwhile."""

    def __init__(self, task):
        self.task, self.number, self.attempt = task, itertools.count(1), task.echo["attempt"]

    def partial(self, piece):
        if self.task.home:
            self.task.home.say("PARTIAL", piece, sequence=next(self.number), **self.task.echo)

    async def effect(self, call, body):
        """Asks the ledger before a side effect and tells it what came of it; `body` is given the effect's key."""
        key = f"{self.task.echo['request_id']}/{self.task.echo['step']}/{call}"
        if not self.task.durable:
            return await body(key)
        answer = await self.ask("EFFECT_BEGIN", {"call": call})
        if answer["verdict"] == "skip":
            return answer["result"]
        if answer["verdict"] != "go":
            code = "uncertain" if answer["verdict"] == "unknown" else "stale"
            raise Failure(code, f"the effect {call} must not happen: {answer['verdict']}")
        result = await body(key)
        await self.ask("EFFECT_DONE", result, headers={"call": call})
        return result

    async def ask(self, kind, content, **fields):
        """Says a word about a side effect under one id until it is answered by whoever has the task."""
        word = os.urandom(12).hex()
        while True:
            WORDS[word] = answer = asyncio.get_running_loop().create_future()
            if self.task.home:
                self.task.home.say(kind, json.dumps(content).encode(), message_id=word, **fields, **self.task.echo)
            try:
                message, verdict = await asyncio.wait_for(answer, 1)
            except asyncio.TimeoutError:
                continue
            finally:
                del WORDS[word]
            if message.type == pb.EFFECT:
                return verdict
            if not message.error.retryable:
                raise Failure(message.error.code, message.error.message)
            await asyncio.sleep(max(50, message.error.retry_after_ms) / 1000)


class Connection:
    """Our place at one orchestrator."""

    def __init__(self, context, address):
        self.context, self.address, self.hearing, self.epoch = context, address, None, None
        self.up = self.draining = False

    async def serve(self):
        """After 1 s of silence the orchestrator is asked; lost, or silent for 4 s, it is called by a new socket."""
        while True:
            self.socket, receiver = dealer(self.context, self.address, connect=False), Receiver()
            monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
            self.socket.connect(self.address)
            poller, heard, there = zmq.asyncio.Poller(), time.monotonic(), True
            poller.register(self.socket, zmq.POLLIN)
            poller.register(monitor, zmq.POLLIN)
            while there and time.monotonic() - heard < 4:
                ready = dict(await poller.poll(1000))
                if monitor in ready:
                    there = (await recv_monitor_message(monitor))["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
                    if there:
                        self.hello()
                elif self.socket not in ready:
                    self.say("PING")
                elif time.monotonic() - heard < 4:  # otherwise we were stopped, and are taken for dead
                    message, content = receiver.read(await self.socket.recv_multipart())
                    await self.received(message, content)
                    heard = time.monotonic() if self.up else heard  # until WELCOME no word counts
            self.lose()
            self.socket.disable_monitor()
            monitor.close(linger=0)
            self.socket.close(linger=0)

    def say(self, kind, content=None, **fields):
        if self.up or kind == "HELLO":
            send(self.socket, envelope(kind, running=running(), **fields), content)

    def hello(self):
        self.up = False
        self.say("HELLO", {
            "role": "worker", "session": SESSION, "version": "1.0.0", "capacity": CAPACITY, "agents": REGISTRATION,
            "inflight": [task.inflight() for task in TASKS if task.home is self], "orphans": self.orphans()})

    def ready(self, **content):
        self.say("READY", content or None, credit=0 if self.draining else CAPACITY)

    def orphans(self):
        """The durable tasks whose orchestrators we have lost."""
        lost = [task for task in TASKS if task.home is not self and not (task.home and task.home.up)]
        return [task.orphan() for task in lost if task.durable]

    def lose(self):
        """Whoever takes over the requests of this orchestrator must know what runs here, and is told at once."""
        was_up, self.up = self.up, False
        if was_up and any(task.durable and task.home is self for task in TASKS):
            for other in CONNECTIONS:
                other.ready(orphans=other.orphans())

    async def received(self, message, content):
        if message.type == pb.TASK:
            await self.take(message, content)
        elif message.type == pb.PING:
            self.say("PONG", correlation_id=message.message_id)
            if isinstance(content, dict) and content.get("orphans"):
                others = [task for task in TASKS if task.durable and task.home is not self]
                self.ready(orphans=[task.orphan() for task in others], all=True)
        elif message.type == pb.RESUME:
            self.resume(message)
        elif message.type == pb.RESULT_ACK and not message.dispatch:  # whoever said it keeps our answer for the owner
            forget(next(filter(lambda task: task.is_named(message), TASKS), None))
        elif message.type in (pb.CANCEL, pb.ABORT, pb.RESULT_ACK):
            forget(self.find(message.dispatch))
        elif message.type == pb.WELCOME:
            self.welcomed(content)
        elif message.correlation_id in WORDS:  # EFFECT, ERROR or NACK
            if not WORDS[message.correlation_id].done():
                WORDS[message.correlation_id].set_result((message, content))
        elif message.type == pb.NACK and message.error.code == "moved":
            if task := self.find(message.dispatch):
                task.home = None
        elif message.type == pb.ERROR and message.error.code == "hello":
            self.hello()

    def find(self, dispatch):
        """The task that this orchestrator calls so, unless another one has it by now."""
        return next((task for task in TASKS if task.is_at(self, dispatch)), None)

    def welcomed(self, content):
        self.up = True
        if self.epoch not in (None, content["epoch"]):  # it began anew, and knows nothing of what it gave us before
            for task in [task for task in TASKS if task.home is self]:
                task.home = None
            self.ready(orphans=self.orphans())
        self.epoch = content["epoch"]
        self.ready()
        self.subscribe(content)
        for item in content.get("inflight") or []:  # what becomes of the tasks that our HELLO has listed
            if item["verdict"] == "abort":
                forget(self.find(item["dispatch"]))

    def resume(self, message):
        """Another orchestrator goes on with a request: what runs here goes on for it, what is done is told to it."""
        task = next(filter(lambda task: task.is_named(message), TASKS), None)
        known = fence_of(task.echo["fence"]) if task else 0
        again = task and task.is_at(self, message.dispatch) and fence_of(message.fence) == known
        if not task or not task.durable or not (again or fence_of(message.fence) > known):
            return self.say("NACK", **Task(message, self).echo, error=pb.Error(code="stale", message="not here"))
        task.move(self, message)
        return self.tell(task) if task.answer else self.say("ACCEPT", **task.echo)

    def subscribe(self, welcome):
        """WELCOME says where its orchestrator publishes broadcasts; one subscription lasts through all connections."""
        places = [it for it in welcome.get("orchestrators", []) if it["name"] == welcome["orchestrator"]]
        if self.hearing is None and places and places[0].get("broadcast"):
            topics = [f"b/{agent}" for agent in AGENTS] + ["b/*"]
            socket = subscriber(self.context, places[0]["broadcast"], topics)
            self.hearing = asyncio.create_task(self.hear(socket))

    async def hear(self, socket):
        """What is broadcast is done as well as can be, and nobody is told; a gap in the numbers shows a loss."""
        numbers = {}
        while True:
            topic, head, content = await socket.recv_multipart()
            message = pb.Envelope.FromString(head)
            if message.sequence > numbers.get(topic, message.sequence - 1) + 1:
                print(f"lost broadcasts before {topic.decode()} {message.sequence}", flush=True)
            numbers[topic] = message.sequence
            agent = AGENTS.get(topic.decode().removeprefix("b/"))
            if agent and not self.draining:
                await asyncio.gather(agent(json.loads(content or b"null"), None), return_exceptions=True)

    async def take(self, message, content):
        task, broken = Task(message, self), isinstance(content, bytes)
        agent = AGENTS.get(task.agent)
        known = max((fence_of(it.echo["fence"]) for it in TASKS if it.durable and it.is_named(message)), default=0)
        if same := self.find(message.dispatch):
            self.tell(same)  # the same TASK again: our answer was lost
        elif agent is None or broken or self.draining or running() >= CAPACITY or fence_of(message.fence) < known:
            code = "unsupported" if agent is None else "invalid" if broken else "busy"
            code = "stale" if fence_of(message.fence) < known else code
            self.say("NACK", **task.echo, error=pb.Error(code=code, message=f"not taken: {code}"))
        else:
            TASKS.append(task)
            task.job = asyncio.create_task(work(task, agent, content))
            if task.durable:
                self.say("ACCEPT", **task.echo)
            await asyncio.sleep(0)  # it has begun before a CANCEL can arrive

    def tell(self, task):
        """Says a task's answer: to whom it is done for under its name there, to any other under the step's own."""
        if task.answer:
            kind, content, fields = task.answer
            self.say(kind, content, **fields, **(task.echo if task.home is self else task.relayed()))


def running():
    return sum(task.answer is None for task in TASKS)


def forget(task):
    if task and task.answer:
        TASKS.remove(task)
    elif task:
        task.job.cancel()


async def work(task, agent, content):
    try:
        result = await agent(content, Work(task))
        task.answer = ("RESULT", json.dumps(result).encode(), {})
    except (Exception, asyncio.CancelledError) as error:  # whatever an agent raises is its answer
        code = "cancelled" if isinstance(error, asyncio.CancelledError) else getattr(error, "code", "failed")
        again = getattr(error, "retryable", False)
        task.answer = ("FAIL", None, {"error": pb.Error(code=code, message=repr(error), retryable=again)})
    await deliver(task)


async def deliver(task):
    """A durable task's answer is said until RESULT_ACK: home, or to one after the other while that is not there."""
    for turn in itertools.count():
        others = [other for other in CONNECTIONS if other.up]
        if task.home and task.home.up:
            task.home.tell(task)
        elif task.durable and others:
            others[turn % len(others)].tell(task)
        if not task.durable:
            return TASKS.remove(task)
        home, later = task.home and task.home.up, time.monotonic() + min(0.25 * 2 ** turn, 5)
        while time.monotonic() < later and home == (task.home and task.home.up):  # a change is acted upon at once
            await asyncio.sleep(0.05)
            if task not in TASKS:
                return None


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    context = zmq.asyncio.Context()
    CONNECTIONS.extend(Connection(context, address) for address in os.environ["BATON_BUS"].split(","))
    waits = [stop.wait()] + [connection.serve() for connection in CONNECTIONS]
    await asyncio.wait(map(asyncio.create_task, waits), return_when=asyncio.FIRST_COMPLETED)
    for connection in CONNECTIONS:  # no new tasks; what runs is answered, then we leave
        connection.draining = True
        connection.say("DRAIN")
    for _ in range(500):
        await asyncio.sleep(0.02 if TASKS else 0)
    for connection in CONNECTIONS:
        connection.say("BYE")
    context.destroy(linger=2000)


asyncio.run(main())
