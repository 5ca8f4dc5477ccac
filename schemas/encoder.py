"""An Avro encoder for our own records, written from their schema as Python source and compiled once.

fastavro finds the branch of a union by validating the record against each, at every level anew; that was two thirds of the
work of streams. Our unions are only "null or one type", so null decides. What does not fit raises KeyError, TypeError or
AttributeError: a mistake of ours. Tests hold its bytes to fastavro's.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

_DOUBLE: Final = struct.Struct("<d")
_SHORT: Final = 64
"""Bytes of a string that is remembered: configurations and other long texts hardly come twice."""

_REMEMBERED: Final = 200_000
"""Strings and numbers whose bytes are remembered: names, versions and times come again and again."""


def encode_long(number: int) -> bytes:
    """Encode a whole number as Avro's zigzag variable-length long."""
    zigzag = (number << 1) ^ (number >> 63)
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    out.append(zigzag)
    return bytes(out)


class _Longs(dict[int, bytes]):
    """Bytes of whole numbers, made when they are first met; `most` are remembered."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __missing__(self, number: int) -> bytes:
        if len(self) > self._most:
            self.clear()
        known = self[number] = encode_long(number)
        return known


class _Strings(dict[str | None, bytes]):
    """Bytes of strings, made when they are first met; `prefix` and null are those of an optional one."""

    def __init__(self, prefix: bytes, most: int) -> None:
        super().__init__()
        self._prefix = prefix
        self._most = most

    def __missing__(self, text: str | None) -> bytes:
        if text is None and self._prefix:
            return b"\x00"
        data = text.encode("utf-8")  # type: ignore[union-attr]  # null where none may be is our mistake, and raises
        known = self._prefix + encode_long(len(data)) + data
        if len(data) <= _SHORT:
            if len(self) > self._most:
                self.clear()
            self[text] = known
        return known


def compile_encoder(schema: Mapping[str, Any], *, remembered: int = _REMEMBERED) -> Callable[[Any], bytes]:
    """Make the function that encodes one record of `schema` (parsed JSON, names without namespaces).

    Of strings and of numbers `remembered` each are kept encoded: less where all of them are a client's to choose.
    Raises ValueError for a type that our schemas do not use.
    """
    source = _Source()
    source.record(schema)
    names: dict[str, Any] = {
        "strings": _Strings(b"", remembered),
        "optional_strings": _Strings(b"\x02", remembered),
        "longs": _Longs(remembered),
        "double": _DOUBLE.pack,
    }
    exec("\n".join(source.lines), names)
    write = names[f"write_{schema['name']}"]

    def encode(record: Any) -> bytes:
        parts: list[bytes] = []
        write(parts.append, record)
        return b"".join(parts)

    return encode


class _Source:
    """Writes one function a record type. `put` takes bytes; `depth` numbers the variables of nested lists."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def record(self, schema: Mapping[str, Any]) -> str:
        """Write the function of a record type; gives its name."""
        name = f"write_{schema['name']}"
        body = [f"def {name}(put, record):"]
        for field in schema["fields"]:
            body += [f"    v = record[{field['name']!r}]", *self._value(field["type"], "v", "    ", 0)]
        self.lines += body
        return name

    def _value(self, type_: Any, value: str, indent: str, depth: int) -> list[str]:
        if isinstance(type_, list):
            return self._optional(type_, value, indent, depth)
        if isinstance(type_, dict):
            match type_["type"]:
                case "record":
                    return [f"{indent}{self.record(type_)}(put, {value})"]
                case "array":
                    item = f"v{depth}"
                    inner = self._value(type_["items"], item, indent + "        ", depth + 1)
                    return self._block(value, indent, f"for {item} in {value}:", inner)
                case "map":
                    key, item = f"k{depth}", f"v{depth}"
                    inner = [f"{indent}        put(strings[{key}])"]
                    inner += self._value(type_["values"], item, indent + "        ", depth + 1)
                    return self._block(value, indent, f"for {key}, {item} in {value}.items():", inner)
            return self._value(type_["type"], value, indent, depth)
        return [indent + self._simple(type_, value)]

    def _simple(self, type_: str, value: str) -> str:
        match type_:
            case "string":
                return f"put(strings[{value}])"
            case "int" | "long":
                return f"put(longs[{value}])"
            case "double":
                return f"put(double({value}))"
            case "boolean":
                return f"put(b'\\x01' if {value} else b'\\x00')"
            case "bytes" | "float" | "null":
                raise ValueError(f"our schemas use no {type_}")
        return f"write_{type_}(put, {value})"

    def _optional(self, branches: list[Any], value: str, indent: str, depth: int) -> list[str]:
        if len(branches) != 2 or branches[0] != "null":
            raise ValueError(f"only null or one type, not {branches}")
        if branches[1] == "string":
            return [f"{indent}put(optional_strings[{value}])"]
        return [
            f"{indent}if {value} is None:",
            f"{indent}    put(b'\\x00')",
            f"{indent}else:",
            f"{indent}    put(b'\\x02')",
            *self._value(branches[1], value, indent + "    ", depth),
        ]

    def _block(self, value: str, indent: str, loop: str, inner: list[str]) -> list[str]:
        """Write a list or map: one block of all items, then the end."""
        return [
            f"{indent}if {value}:",
            f"{indent}    {self._simple('long', f'len({value})')}",
            f"{indent}    {loop}",
            *inner,
            f"{indent}put(b'\\x00')",
        ]
