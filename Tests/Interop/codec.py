#!/usr/bin/env python3
"""Random envelopes by Google's protobuf, to hold our codec against.

    codec.py make COUNT SEED      lines {"hex": …, "message": …}: the bytes, and the JSON form Google reads from them
    codec.py check MADE ANSWERED  whether Google reads the bytes of ANSWERED (hex lines) as the messages of MADE
"""
import json
import random
import sys

from wire import pb

FIELDS = pb.Envelope.DESCRIPTOR.fields
WORDS = {"effect": pb.Effect, "delivery": pb.Delivery}


def main(arguments):
    if arguments[:1] == ["make"] and len(arguments) == 3:
        chance = random.Random(int(arguments[2]))
        for _ in range(int(arguments[1])):
            data = encoded(chance)
            message = json_form(pb.Envelope.FromString(data))
            print(json.dumps({"hex": data.hex(), "message": message}, ensure_ascii=False))
        return 0
    if arguments[:1] == ["check"] and len(arguments) == 3:
        return check(arguments[1], arguments[2])
    print(__doc__, file=sys.stderr)
    return 2


def check(made, answered):
    with open(made, encoding="utf-8") as left, open(answered, encoding="ascii") as right:
        expected, bytes_back = list(left), list(right)
    if len(expected) != len(bytes_back):
        print(f"{len(expected)} envelopes were made, {len(bytes_back)} came back", file=sys.stderr)
        return 1
    wrong = 0
    for line, data in zip(expected, bytes_back):
        message = json_form(pb.Envelope.FromString(bytes.fromhex(data)))
        if message != json.loads(line)["message"]:
            wrong += 1
            print(f"differs: {line.strip()}\n     is: {json.dumps(message)}", file=sys.stderr)
    print(f"{len(expected) - wrong} of {len(expected)} envelopes agree")
    return 1 if wrong else 0


def encoded(chance):
    """The bytes of one random message: whole, in pieces of any order, with unknown fields, or merged of two."""
    style = chance.randrange(4)
    first = random_envelope(chance)
    if style == 0:
        return first.SerializeToString()
    parts = split(first)
    if style >= 2:
        parts += split(random_envelope(chance, 0.2))
    if style == 3:
        parts += [unknown(chance) for _ in range(chance.randrange(1, 5))]
    chance.shuffle(parts)
    data = b"".join(parts)
    read = pb.Envelope.FromString(data)
    sizes = [len(pb.Envelope(headers={k: v}).SerializeToString()) for k, v in read.headers.items()]
    fits = len(data) <= 4096 and len(sizes) <= 16 and sum(sizes) <= 1000
    return data if fits else encoded(chance)


def split(message):
    """The message as one message for each of its fields; concatenated they are the message again."""
    parts = []
    for descriptor, value in message.ListFields():
        part = pb.Envelope()
        if descriptor.name == "headers":
            part.headers.update(value)
        elif descriptor.name == "error":
            part.error.CopyFrom(value)
        else:
            setattr(part, descriptor.name, value)
        parts.append(part.SerializeToString())
    return parts


def unknown(chance):
    """A field nobody knows: a number, eight bytes, a text, or four bytes."""
    number = chance.choice([28, 100, 5000, (1 << 29) - 1])
    kind, rest = chance.choice(
        [(0, b"\xff\x01"), (1, b"12345678"), (2, b"\x05later"), (5, b"1234")])
    tag, data = number << 3 | kind, b""
    while tag >= 0x80:
        data, tag = data + bytes([tag & 0x7F | 0x80]), tag >> 7
    return data + bytes([tag]) + rest


def random_envelope(chance, share=None):
    """Every field with the same chance; numbers near their powers of two, texts of any script."""
    share = chance.random() if share is None else share
    message = pb.Envelope(version=1, type=chance.choice([n for n in pb.Type.values() if n]))
    for field in FIELDS:
        if field.name in ("version", "type") or chance.random() > share:
            continue
        if field.name == "headers":
            for _ in range(chance.randrange(5)):
                message.headers[text(chance, 12)] = text(chance, 30)
        elif field.name == "error":
            message.error.SetInParent()
            message.error.code, message.error.message = text(chance, 12), text(chance, 200)
            message.error.retryable = chance.random() < 0.5
            message.error.retry_after_ms = number(chance, 64)
        elif field.name in WORDS:
            setattr(message, field.name, chance.choice(WORDS[field.name].values()))
        elif field.cpp_type == field.CPPTYPE_STRING:
            setattr(message, field.name, text(chance, 64))
        else:
            setattr(message, field.name, number(chance, 64 if field.cpp_type == field.CPPTYPE_UINT64 else 32))
    return message


def number(chance, bits):
    edge = 1 << chance.randrange(bits)
    return chance.choice([0, edge - 1, edge, (1 << bits) - 1, chance.randrange(1 << bits)])


def text(chance, limit):
    letters = chance.choice(["abc019._-#", "aé ß\n\"\\", "日本語🦀\u0301\ufeff", "\0\x01\x7f"])
    return "".join(chance.choice(letters) for _ in range(chance.randrange(limit // 4 + 2)))


def json_form(message):
    """The JSON form of a message without content, as agent_message.proto describes it."""
    form = {"sender": message.sender, "receiver": message.receiver, "content": None,
            "message_type": pb.Type.Name(message.type), "timestamp": message.timestamp,
            "correlation_id": message.correlation_id, "version": message.version}
    for field, value in message.ListFields():
        if field.name in WORDS:
            form[field.name] = WORDS[field.name].Name(value).lower()
        elif field.name == "headers":
            form["headers"] = dict(value)
        elif field.name == "error":
            error = {part.name: content for part, content in value.ListFields()}
            form["error"] = {"code": "", "message": ""} | error
        elif field.name != "type":
            form[field.name] = value
    return form


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
