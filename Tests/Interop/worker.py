#!/usr/bin/env python3
"""A worker in Python for the agents of agents.py; wire.py says which variables to set."""
import asyncio
import itertools
import json
import os
import signal
import time

import zmq.asyncio

from agents import AGENTS, REGISTRATION, Failure
from wire import Receiver, Task, dealer, envelope, pb, send, subscriber

CAPACITY = 4
SESSION = os.urandom(8).hex()  # new with every process: it tells a new worker from one that was cut off for a while


class Work:
    """What an agent may say while it does a task."""

    def __init__(self, connection, task):
        self.connection, self.task, self.number = connection, task, itertools.count(1)
        self.attempt = task.echo["attempt"]

    def partial(self, piece):
        self.connection.say("PARTIAL", piece, sequence=next(self.number), **self.task.echo)

    async def effect(self, call, body):
        """Asks the ledger before a side effect and tells it what came of it; `body` is given the effect's key."""
        key = f"{self.task.echo['request_id']}/{self.task.echo['step']}/{call}"
        if not self.task.durable:
            return await body(key)
        answer = await self.connection.ask(self.task, "EFFECT_BEGIN", {"call": call})
        if answer["verdict"] == "skip":
            return answer["result"]
        if answer["verdict"] != "go":
            code = "uncertain" if answer["verdict"] == "unknown" else "stale"
            raise Failure(code, f"the effect {call} must not happen: {answer['verdict']}")
        result = await body(key)
        await self.connection.ask(self.task, "EFFECT_DONE", result, headers={"call": call})
        return result


class Connection:
    """Our place at one orchestrator, with the tasks it gave us by their dispatch number."""

    def __init__(self, context, address):
        self.context, self.address, self.tasks, self.draining = context, address, {}, False
        self.hearing, self.words = None, {}

    async def serve(self):
        """After 1 s of silence the orchestrator is asked, after 4 s it is called again by a new socket."""
        while True:
            self.socket, receiver = dealer(self.context, self.address), Receiver()
            heard, welcome = time.monotonic(), self.hello()  # until WELCOME no word counts
            while time.monotonic() - heard < 4:
                if not await self.socket.poll(1000):
                    self.say("PING")
                elif time.monotonic() - heard < 4:  # otherwise we were stopped, and are taken for dead
                    message, content = receiver.read(await self.socket.recv_multipart())
                    welcome = welcome or message.type == pb.WELCOME
                    heard = time.monotonic() if welcome else heard
                    await self.received(message, content)
            self.socket.close(linger=0)

    def say(self, kind, content=None, **fields):
        send(self.socket, envelope(kind, running=self.running(), **fields), content)

    def running(self):
        return sum(task.answer is None for task in self.tasks.values())

    async def ask(self, task, kind, content, **fields):
        """Says a word about a side effect under one id until it is answered, over whichever connection there is."""
        word = os.urandom(12).hex()
        while True:
            self.words[word] = answer = asyncio.get_running_loop().create_future()
            self.say(kind, json.dumps(content).encode(), message_id=word, **fields, **task.echo)
            try:
                message, content_of_answer = await asyncio.wait_for(answer, 5)
            except asyncio.TimeoutError:
                continue
            finally:
                del self.words[word]
            if message.type == pb.EFFECT:
                return content_of_answer
            if not message.error.retryable:
                raise Failure(message.error.code, message.error.message)
            await asyncio.sleep(max(50, message.error.retry_after_ms) / 1000)

    def hello(self):
        self.say("HELLO", {
            "role": "worker", "session": SESSION, "version": "1.0.0", "capacity": CAPACITY,
            "agents": REGISTRATION, "inflight": [task.inflight() for task in self.tasks.values()]})

    async def received(self, message, content):
        if message.type == pb.TASK:
            await self.take(message, content)
        elif message.type == pb.PING:
            self.say("PONG", correlation_id=message.message_id)
        elif message.type in (pb.CANCEL, pb.ABORT, pb.RESULT_ACK):
            self.forget(message.dispatch)
        elif message.type == pb.WELCOME:
            self.say("READY", credit=CAPACITY)
            self.subscribe(content)
            verdicts = {"abort": self.forget, "resend": self.repeat, "continue": lambda dispatch: None}
            for item in content.get("inflight", []):  # what becomes of the tasks that our HELLO has listed
                verdicts[item["verdict"]](item["dispatch"])
        elif message.correlation_id in self.words:  # EFFECT, ERROR or NACK
            answer = self.words[message.correlation_id]
            if not answer.done():
                answer.set_result((message, content))
        elif message.type == pb.ERROR and message.error.code == "hello":
            self.hello()

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
        task, agent, broken = Task(message), AGENTS.get(message.receiver.split("#")[0]), isinstance(content, bytes)
        if message.dispatch in self.tasks:
            self.repeat(message.dispatch)  # the same TASK again: our answer was lost
        elif agent is None or broken or self.draining or self.running() >= CAPACITY:
            code = "unsupported" if agent is None else "invalid" if broken else "busy"
            self.say("NACK", **task.echo, error=pb.Error(code=code, message=f"not taken: {code}"))
        else:
            self.tasks[message.dispatch], task.job = task, asyncio.create_task(self.work(task, agent, content))
            if task.durable:
                self.say("ACCEPT", **task.echo)
            await asyncio.sleep(0)  # it has begun before a CANCEL can arrive

    async def work(self, task, agent, content):
        fields = task.echo
        try:
            result = await agent(content, Work(self, task))
            task.answer = ("RESULT", json.dumps(result).encode(), fields)
        except (Exception, asyncio.CancelledError) as error:  # whatever an agent raises is its answer
            code = "cancelled" if isinstance(error, asyncio.CancelledError) else getattr(error, "code", "failed")
            again = getattr(error, "retryable", False)
            task.answer = ("FAIL", None, fields | {"error": pb.Error(code=code, message=repr(error), retryable=again)})
        self.repeat(fields["dispatch"])
        if not task.durable:
            self.forget(fields["dispatch"])

    def repeat(self, dispatch):
        """A durable task's answer is kept, and sent again when asked for, until RESULT_ACK says that it is stored."""
        if (task := self.tasks.get(dispatch)) and task.answer:
            kind, content, fields = task.answer
            self.say(kind, content, **fields)

    def forget(self, dispatch):
        if (task := self.tasks.get(dispatch)) and task.answer:
            del self.tasks[dispatch]
        elif task:
            task.job.cancel()

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    context = zmq.asyncio.Context()
    connections = [Connection(context, address) for address in os.environ["BATON_BUS"].split(",")]
    waits = [stop.wait()] + [connection.serve() for connection in connections]
    await asyncio.wait(map(asyncio.create_task, waits), return_when=asyncio.FIRST_COMPLETED)
    for connection in connections:  # no new tasks; what runs is answered, then we leave
        connection.draining = True
        connection.say("DRAIN")
    for _ in range(500):
        await asyncio.sleep(0.02 if any(connection.tasks for connection in connections) else 0)
    for connection in connections:
        connection.say("BYE")
    context.destroy(linger=2000)


asyncio.run(main())
