"""Breaks whole outputs as pipes, disks and people break them; seeded, so that any outcome can be had again."""

import random
from collections.abc import Callable, Sequence
from typing import Final

Mutator = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_MARKS: Final = [
    b'"',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b"\x00",
    b"\x1b[31m",
    b"\xff",
    b"'",
    b"\\",
]
_NOISE: Final = [
    b"[notice] A new release is available\n",
    b"WARNING: [{something}] is odd\n",
    b"DEPRECATION: this will go away [soon]\n",
    b"Traceback (most recent call last):\n",
    b"\xef\xbb\xbf",
    b"null\n",
    b"[]\n",
    b'{"error": "no"}\n',
    b"bash: warning: setlocale: LC_ALL: cannot change locale\n",
]


def _flip_bits(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(text)
    for _n in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _truncate(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return text[: chance.randint(0, len(text))]


def _behead(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return text[chance.randint(0, len(text)) :]


def _cut_out(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(text))
    return text[:start] + text[start + chance.randint(1, 60) :]


def _splice(chance: random.Random, text: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


def _insert(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(_MARKS) * chance.choice([1, 1, 2, 50]) + text[place:]


def _add_noise(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    lines = text.splitlines(keepends=True)
    place = chance.choice([0, len(lines), chance.randint(0, len(lines))])
    return b"".join([*lines[:place], chance.choice(_NOISE), *lines[place:]])


def _shuffle_lines(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    lines = text.splitlines(keepends=True)
    start = chance.randint(0, len(lines))
    some = lines[start : start + chance.randint(2, 12)]
    chance.shuffle(some)
    return b"".join([*lines[:start], *some, *lines[start + len(some) :]])


def _drop_or_double_lines(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return b"".join(line * chance.choice([0, 1, 1, 1, 1, 1, 1, 2]) for line in text.splitlines(keepends=True))


def _encode(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    decoded = text.decode("utf-8", "replace")
    return decoded.encode(chance.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037", "utf-7"]), "replace")


def _line_ends(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return text.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"\x0b", "\u2028".encode(), b"\\n"]))


def _nest(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    opening, closing = chance.choice([(b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"(", b")"), (b"- ", b"")])
    depth = chance.choice([1, 2, 40, 3000])
    return opening * depth + text + closing * chance.choice([depth, depth - 1])


def _repeat(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return text * chance.choice([2, 3, 30])


def _quote(chance: random.Random, text: bytes, _: Sequence[bytes]) -> bytes:
    return chance.choice([text.swapcase(), repr(text).encode(), text.replace(b'"', b"'"), text[::-1], b"\x00" + text])


MUTATORS: Final[dict[str, Mutator]] = {
    "bits": _flip_bits,
    "cut at the end": _truncate,
    "cut at the beginning": _behead,
    "cut in the middle": _cut_out,
    "spliced": _splice,
    "inserted": _insert,
    "noise": _add_noise,
    "shuffled lines": _shuffle_lines,
    "lost and doubled lines": _drop_or_double_lines,
    "encoded": _encode,
    "line ends": _line_ends,
    "nested": _nest,
    "repeated": _repeat,
    "quoted": _quote,
}


def mutated(chance: random.Random, texts: Sequence[bytes]) -> tuple[str, bytes]:
    """Give one of `texts` broken in one to three ways, and their names."""
    text = chance.choice(texts)
    names = [chance.choice(list(MUTATORS)) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    for name in names:
        text = MUTATORS[name](chance, text, texts)[: 1 << 19]
    return ", ".join(names), text
