"""A proxy for LDAP (RFC 4511): each request up to its final response is a call, the bind too; an unbind is none."""

from __future__ import annotations

from typing import IO
from urllib.parse import quote, unquote

from tests.faults.gate import Gate
from tests.faults.unix import Talk, UnixProxy, words

_REQUESTS = {
    0x60: "bind",
    0x63: "search",
    0x66: "modify",
    0x68: "add",
    0x4A: "delete",
    0x6C: "rename",
    0x6E: "compare",
    0x77: "extended",
}
_UNANSWERED = frozenset({0x42, 0x50})
"""Unbind, abandon."""
_MORE_TO_COME = frozenset({0x64, 0x73, 0x79})
"""An entry or a reference that a search found; an intermediate response."""


class LdapProxy(UnixProxy):
    """``upstream`` and ``url``: each an ldapi URL."""

    def __init__(self, gate: Gate, upstream: str, name: str = "ldap") -> None:
        super().__init__(gate, name, unquote(upstream.partition("://")[2]), _Handler)
        self.url = f"ldapi://{quote(self.path, safe='')}"


class _Handler(Talk):
    def serve(self) -> bool:
        """One request. ldap3's synchronous strategy sends none before the last one's response."""
        message = _message(self.rfile)
        if not message:
            return False
        tag, content = _operation(message)
        if tag in _UNANSWERED:
            self.upstream.sendall(message)
            return tag == 0x50
        return self.call(f"{_REQUESTS[tag]} {_subject(tag, content)}", message, self._reply)

    def _reply(self) -> bytes:
        found = b""
        while True:
            message = _message(self.answers)
            found += message
            if not message or _operation(message)[0] not in _MORE_TO_COME:
                return found


def _message(source: IO[bytes]) -> bytes:
    """One message, by the length that it says (X.690, 8.1.3); empty where the connection is over."""
    head = source.read(2)
    if len(head) < 2:
        return b""
    more = source.read(head[1] & 0x7F) if head[1] >= 0x80 else b""
    return head + more + source.read(int.from_bytes(more, "big") if more else head[1])


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, and what follows."""
    start = 2 + (data[1] & 0x7F if data[1] >= 0x80 else 0)
    size = int.from_bytes(data[2:start], "big") if start > 2 else data[1]
    return data[0], data[start : start + size], data[start + size :]


def _operation(message: bytes) -> tuple[int, bytes]:
    """Tag and content of what a message asks or says: after its number."""
    _, inside, _ = _element(message)
    _, _, rest = _element(inside)
    tag, content, _ = _element(rest)
    return tag, content


def _subject(tag: int, content: bytes) -> str:
    """Whose entry, or which extension."""
    if tag == 0x4A:
        return words(content, 100)
    _, first, rest = _element(content)
    if tag == 0x60:  # after the version
        return words(_element(rest)[1], 100)
    return words(first, 100)
