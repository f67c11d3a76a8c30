"""The third book: what Redis holds after everything has ended, read without any of the product's code."""
import base64
import collections
import hashlib

TERMINAL = {"S": "succeeded", "F": "failed", "C": "cancelled", "E": "expired"}
DERIVED = 2  # the events 1 and 2 are never written down


def key_of(tenant, request):
    """How a request is called in the keys: 128 bits of a digest of its tenant and its id."""
    digest = hashlib.sha256(f"{tenant}\0{request}\0".encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


class RedisBook:
    """Everything below a prefix, sorted by kind."""

    def __init__(self, client, prefix="baton:"):
        self.client, self.prefix = client, prefix
        self.keys = collections.defaultdict(dict)  # kind → rest of the key → type
        names = sorted(self.scan())
        for name, answer in zip(names, client.ask_all([("TYPE", name) for name in names])):
            kind, _, rest = name.decode().removeprefix(prefix).partition(":")
            self.keys[kind][rest] = answer.decode()
        self.records = self.all_records()
        self.streams = {
            record: [(int(number.split(b"-")[0]), dictionary(fields)) for number, fields in entries]
            for record, entries in self.ask_each("e", "XRANGE", "-", "+").items()}
        self.finished = [line.decode().split() for line in self.ask("LRANGE", "fin", 0, -1)]
        self.finished_bytes = int(self.ask("GET", "finb") or 0)
        self.tenants = dictionary(self.ask("HGETALL", "q"))
        self.sets = {
            name: [member.decode() for member in self.ask("ZRANGE", name, 0, -1)]
            for name in ("ready", "unc", "dlq", "inst", "dead")}

    def ask(self, command, key, *words):
        return self.client.ask(command, self.prefix + key, *words)

    def scan(self):
        cursor = b"0"
        while True:
            cursor, some = self.client.ask("SCAN", cursor, "MATCH", f"{self.prefix}*", "COUNT", 1000)
            yield from some
            if cursor == b"0":
                return

    def ask_each(self, kind, command, *words):
        places = list(self.keys[kind])
        return dict(zip(places, self.client.ask_all(
            [(command, f"{self.prefix}{kind}:{place}", *words) for place in places])))

    def all_records(self):
        """Each as a dictionary; it is a packed string until it has events of its own, then a hash."""
        types = self.keys["r"]
        answers = self.client.ask_all([
            ("HGETALL" if type == "hash" else "GET", f"{self.prefix}r:{place}") for place, type in types.items()])
        readers = {"hash": dictionary, "string": unpacked}
        return {place: readers.get(type, lambda _: {})(answer)
                for (place, type), answer in zip(types.items(), answers)}

    def named(self):
        """The records by the id their client gave them; two under one id are two entries of a list."""
        by_id = collections.defaultdict(list)
        for place, fields in self.records.items():
            by_id[fields.get("id", "")].append((place, fields))
        return by_id

    def adoptions(self):
        """How often each record was taken over, of those that were."""
        counts = (sum(fields.get("t") == "adopted" for _, fields in events) for events in self.streams.values())
        return [count for count in counts if count]

    # ---- what is wrong with it

    def audit(self, instances=1):
        """Sentences about whatever cannot be right once nothing is in hand."""
        wrong = [f"{self.prefix}own:{owner} still has members" for owner in self.keys["own"]]
        wrong += [f"{name} is not empty: {members[:3]}" for name, members in self.sets.items()
                  if members and name in ("ready", "unc", "dead")]
        if self.tenants:
            wrong.append(f"requests are still counted as in hand: {self.tenants}")
        if instances is not None and len(self.sets["inst"]) != instances:
            wrong.append(f"{len(self.sets['inst'])} instances have a lease, not {instances}: {self.sets['inst']}")
        for place, fields in self.records.items():
            wrong += self.of_record(place, fields)
        wrong += self.of_lists()
        for kind in ("i", "o", "e", "s", "res", "fx"):
            strays = [rest for rest in self.keys[kind] if rest.split(":")[0] not in self.records]
            wrong += [f"{kind}:{rest} has no record" for rest in strays[:3]]
        return wrong

    def of_record(self, place, fields):
        state = fields.get("st")
        if state not in TERMINAL:
            yield f"{fields.get('id', place)}: is in state {state!r}, not in a last one"
            return
        if place != key_of(fields.get("tn", ""), fields.get("id", "")):
            yield f"{fields.get('id')}: stands under the key of another"
        # A small result stands at the end of a packed record.
        if state == "S" and place not in self.keys["o"] and int(fields.get("output", 0)) == 0:
            yield f"{fields['id']}: succeeded, and its result is not kept"
        events = self.streams.get(place)
        if ("rev" in fields) != (events is not None):
            yield f"{fields['id']}: rev is {fields.get('rev')}, and it has {'no' if events is None else 'a'} stream"
        elif events is not None:
            yield from self.of_events(fields, events)

    @staticmethod
    def of_events(fields, events):
        numbers = [number for number, _ in events]
        expected = list(range(DERIVED + 1, int(fields["rev"]) + 1))
        if numbers != expected:
            yield f"{fields['id']}: its events are {numbers}, not {expected}"
        kinds = [event.get("t") for _, event in events]
        ends = [kind for kind in kinds if kind in TERMINAL.values()]
        if "revived" not in kinds and len(ends) != 1 or not ends or ends[-1] != TERMINAL[fields["st"]]:
            yield f"{fields['id']}: its stream says {kinds}, its record {fields['st']}"

    def of_lists(self):
        places = [line[0] for line in self.finished]
        kept = {place for place, fields in self.records.items() if fields.get("st") in TERMINAL} - set(self.sets["dlq"])
        if len(places) != len(set(places)):
            yield "fin has a request twice"
        if set(places) != kept:
            yield (f"fin and the records differ: {len(set(places) - kept)} without a record, "
                   f"{len(kept - set(places))} not in fin")
        total = sum(int(line[2]) for line in self.finished)
        if total != self.finished_bytes:
            yield f"finb is {self.finished_bytes}, the entries of fin add up to {total}"
        for place in self.sets["dlq"]:
            if self.records.get(place, {}).get("dw") != "1":
                yield f"dlq names {place}, which is no dead letter"


HEAD = 55  # bytes of a packed record before its words
WORDS = ("own", "tn", "id", "ag", "in", "cd")


def unpacked(record):
    """A packed record: version, state, digest of the body, times, attempt, then words, then the result."""
    if len(record) < HEAD or record[:1] != b"1":
        return {}
    state, numbers, lengths = record[1:2].decode("latin-1"), record[24:HEAD - 6], record[HEAD - 6:HEAD]
    fields = {"v": "1", "st": state, "bh": record[2:24].decode("latin-1")}
    for name, start, size in (("at", 0, 6), ("dl", 6, 6), ("en", 12, 6), ("tk", 18, 4), ("att", 22, 2), ("pr", 24, 1)):
        fields[name] = str(int.from_bytes(numbers[start:start + size], "big"))
    place = HEAD
    for name, length in zip(WORDS, lengths):
        fields[name] = record[place:place + length].decode("utf-8", "replace")
        place += length
    if state in TERMINAL:
        fields["output"] = str(len(record) - place)
    return fields


def dictionary(flat):
    words = [word.decode("utf-8", "replace") for word in flat or []]
    return dict(zip(words[::2], words[1::2]))


def compare(load, effect_book, book, since=0.0, expected_codes=("",), asked=True):
    """Sentences about what the books of the load and of the workers say that the one of Redis does not, and the other
    way round; `since` is when its data was lost, if it was: what ended before that is not there any more. Who did not
    ask until the end (`asked`) need not have been told."""
    wrong, named = [], book.named()
    for request, entry in load.book.items():
        if asked or entry.ends:
            wrong += of_request(request, entry, effect_book.get(request, []), expected_codes)
        found = named.pop(request, [])
        if len(found) > 1:
            wrong.append(f"{request}: has {len(found)} records")
        if not entry.ends or entry.ends[0][3] < since:
            continue
        if not found:
            wrong.append(f"{request}: ended as {entry.code!r}, and Redis has no record of it")
        elif entry.code == "":
            wrong += of_result(request, entry, found[0][1])
    wrong += [f"{request}: has a record, and nobody asked for it" for request in named]
    wrong += [f"{request}: was executed, and nobody asked for it" for request in effect_book.keys() - load.book.keys()]
    return wrong


def of_request(request, entry, executions, expected_codes):
    if not entry.ends:
        yield f"{request}: is lost: sent {entry.times} times, accepted {entry.accepted} times, and never ended"
        return
    ends = {(kind, code, repr(content)) for kind, code, content, _ in entry.ends}
    if len(ends) > 1:
        yield f"{request}: was told different ends: {sorted(ends)}"
    if entry.code not in expected_codes:
        yield f"{request}: ended with the error {entry.code}"
    if entry.code == "" and not any(
            (entry.content["pid"], entry.content["attempt"]) == (one.pid, one.attempt) for one in executions):
        yield f"{request}: the answer {entry.content} is of no execution: {executions}"


def of_result(request, entry, fields):
    told = entry.content
    if fields["st"] != "S":
        yield f"{request}: its client was told a result, its record says {fields['st']}"
    elif (fields.get("att"), fields.get("in")) != (str(told["attempt"]), told["instance"]):
        yield f"{request}: the client's result is of {told}, the kept one of {fields.get('in')}, {fields.get('att')}"
