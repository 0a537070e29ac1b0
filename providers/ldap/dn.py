"""Distinguished names (RFC 4514): read, brought to one form, and written so that no value breaks out of its place.

The form is what servers compare by caseIgnoreMatch (RFC 4518): NFKC, lower case, runs of spaces as one, none around a
value; attribute types by their short names, the parts of a multi-valued RDN sorted. Every naming attribute is taken
for one that ignores case, as those of RFC 4519 do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

Rdn: TypeAlias = tuple[tuple[str, str], ...]
"""Types and values, in normal form, without escapes."""

_TYPE = re.compile(r"\s*((?:[A-Za-z][A-Za-z0-9-]*)|(?:(?:[Oo][Ii][Dd]\.)?[0-9]+(?:\.[0-9]+)*))\s*=\s*")
_HEX = re.compile(r"#(?:[0-9A-Fa-f]{2})+\s*")
_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_SPACE = re.compile(r"[\t\n\v\f\r\x85]")
_SPECIAL = frozenset(',+"\\<>;')
_ESCAPABLE = _SPECIAL | frozenset(" #=")
_ALIASES = {
    "2.5.4.3": "cn", "commonname": "cn",
    "2.5.4.7": "l", "localityname": "l",
    "2.5.4.8": "st", "stateorprovincename": "st",
    "2.5.4.10": "o", "organizationname": "o",
    "2.5.4.11": "ou", "organizationalunitname": "ou",
    "2.5.4.6": "c", "countryname": "c",
    "2.5.4.9": "street", "streetaddress": "street",
    "0.9.2342.19200300.100.1.25": "dc", "domaincomponent": "dc",
    "0.9.2342.19200300.100.1.1": "uid", "userid": "uid",
}  # fmt: skip


class BadDn(ValueError):  # noqa: N818
    """A text that is no DN: why."""


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """The one form of a DN. Raises BadDn."""
    return joined(parse(text))


@lru_cache(maxsize=65536)
def parse(text: str) -> tuple[Rdn, ...]:
    """The RDNs from the entry up, in normal form. Raises BadDn."""
    if not text.strip():
        return ()
    found: list[Rdn] = []
    parts: list[tuple[str, str]] = []
    position = 0
    while True:
        kind, value, position = _pair(text, position)
        parts.append((kind, value))
        separator = text[position : position + 1]
        if separator != "+":
            found.append(tuple(sorted(parts)))
            parts = []
        if not separator:
            return tuple(found)
        position += 1


def joined(rdns: Sequence[Rdn]) -> str:
    """The text of parsed RDNs."""
    return ",".join("+".join(f"{kind}={escaped(value)}" for kind, value in rdn) for rdn in rdns)


def escaped(value: str) -> str:
    """A value as it stands in a DN. What doesn't print is written as bytes, so that no line breaks in an output."""
    last = len(value) - 1
    return "".join(_escape(one, first=at == 0, last=at == last) for at, one in enumerate(value))


def below(name: str, value: str, parent: str) -> str:
    """The DN of a child, in normal form. ``parent`` is in normal form."""
    own = f"{name.lower()}={escaped(folded(value))}"
    return f"{own},{parent}" if parent else own


def is_under(dn: str, parent: str) -> bool:
    """Whether a DN lies strictly below another, both in normal form."""
    if not parent:
        return bool(dn)
    if not dn.endswith(f",{parent}"):
        return False  # as nearly all; the comma may be one within a value
    above, rdns = parse(parent), parse(dn)
    return len(rdns) > len(above) and rdns[-len(above) :] == above


def parent_of(dn: str) -> str:
    """The DN above, in normal form; empty for one of a single RDN."""
    return joined(parse(dn)[1:])


def name_of(dn: str) -> str:
    """The value of the first RDN, without escapes: a group's name for people. Raises BadDn."""
    rdns = parse(dn)
    return rdns[0][0][1] if rdns else ""


def folded(value: str) -> str:
    """A value as servers compare it."""
    text = _SPACE.sub(" ", unicodedata.normalize("NFKC", value).lower())
    return " ".join(part for part in text.split(" ") if part)


def _pair(text: str, position: int) -> tuple[str, str, int]:
    found = _TYPE.match(text, position)
    if found is None:
        raise BadDn(f"an attribute and = are missing at {text[position : position + 20]!r}")
    kind = found[1].lower().removeprefix("oid.")
    kind = _ALIASES.get(kind, kind)
    position = found.end()
    encoded = _HEX.match(text, position)
    if encoded is not None and text[encoded.end() : encoded.end() + 1] in ("", ",", "+"):
        return kind, encoded[0].strip().lower(), encoded.end()
    pieces: list[bytes] = []
    position = _value(text, position, pieces)
    try:
        value = b"".join(pieces).decode()
    except UnicodeDecodeError:
        raise BadDn("escaped bytes that aren't UTF-8") from None
    return kind, folded(value), position


def _value(text: str, position: int, pieces: list[bytes]) -> int:
    while position < len(text) and text[position] not in ",+":
        one = text[position]
        if one != "\\":
            if one in _SPECIAL or one == "\0":
                raise BadDn(f"{one!r} must be escaped by a backslash")
            pieces.append(one.encode("utf-8", "surrogatepass"))
            position += 1
            continue
        pair = text[position + 1 : position + 3]
        if _PAIR.fullmatch(pair):
            pieces.append(bytes.fromhex(pair))
            position += 3
        elif pair[:1] in _ESCAPABLE and pair:
            pieces.append(pair[:1].encode())
            position += 2
        else:
            raise BadDn("a backslash that escapes nothing")
    return position


def _escape(one: str, *, first: bool, last: bool) -> str:
    if one in _SPECIAL or (first and one in "# ") or (last and one == " "):
        return f"\\{one}"
    if one.isprintable():
        return one
    return "".join(f"\\{byte:02x}" for byte in one.encode("utf-8", "surrogatepass"))
