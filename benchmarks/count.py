"""Counts what goes over the wire: a proxy on loopback that passes bytes on and looks for requests among them."""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Counting = Callable[[bytes, Counter[str]], bytes]
"""Takes what a client sent so far and was not counted yet, counts, and returns what is left for later."""

_REQUEST = re.compile(rb"(GET|POST|PUT|LIST|DELETE) (\S+) HTTP/1\.1\r\n")
_ACTION = re.compile(rb"Action=(\w+)&")
_LONGEST = 300


def count_http(pending: bytes, counts: Counter[str]) -> bytes:
    """``GET /v1/auth/jwt/role/x`` counts as ``GET /v1/auth/jwt/role/…``."""
    end = 0
    for found in _REQUEST.finditer(pending):
        method, target = found[1].decode(), found[2].decode().partition("?")[0]
        counts[f"{method} {target}"] += 1
        end = found.end()
    return pending[max(end, len(pending) - _LONGEST) :]


def count_actions(pending: bytes, counts: Counter[str]) -> bytes:
    """AWS query protocol: the body's Action."""
    end = 0
    for found in _ACTION.finditer(pending):
        counts[found[1].decode()] += 1
        end = found.end()
    return pending[max(end, len(pending) - 40) :]


def count_statements(pending: bytes, counts: Counter[str]) -> bytes:
    """PostgreSQL's protocol 3: Query, and Parse of the extended protocol. The first message has no type."""
    while len(pending) >= 5:
        startup = pending[0] == 0
        length = int.from_bytes(pending[0:4] if startup else pending[1:5], "big") + (0 if startup else 1)
        if len(pending) < length:
            break
        if pending[:1] in {b"Q", b"P"}:
            text = pending[5:length] if pending[:1] == b"Q" else pending[5:length].partition(b"\0")[2]
            counts[text.split(b"\0")[0].decode().split(None, 1)[0].upper()] += 1
        pending = pending[length:]
    return pending


def count_queries(pending: bytes, counts: Counter[str]) -> bytes:
    """MariaDB's protocol: packets that begin a command (number 0) and are a COM_QUERY, by their first word."""
    while len(pending) >= 5:
        length = int.from_bytes(pending[0:3], "little") + 4
        if len(pending) < length:
            break
        if pending[3] == 0 and pending[4] == 3:
            counts[pending[5:length].decode("utf-8", "replace").split(None, 1)[0].upper()] += 1
        pending = pending[length:]
    return pending


_OPERATIONS = {0x60: "bind", 0x63: "search", 0x77: "extended"}


def count_operations(pending: bytes, counts: Counter[str]) -> bytes:
    """LDAP messages (RFC 4511, 4.1.1): a sequence of a number below 2^31 and the operation."""
    while len(pending) >= 8:
        size, start = pending[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(pending[2:start], "big")
        if len(pending) < start + size:
            break
        operation = pending[start + 2 + pending[start + 1]]
        if operation in _OPERATIONS:
            counts[_OPERATIONS[operation]] += 1
        pending = pending[start + size :]
    return pending


@contextmanager
def counted(connect: Callable[[], socket.socket], counting: Counting) -> Iterator[tuple[int, Counter[str]]]:
    """A port to use in place of the server, and the counts, until the block ends."""
    counts: Counter[str] = Counter()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, connect, counting, counts), daemon=True).start()
        yield listener.getsockname()[1], counts
        listener.shutdown(socket.SHUT_RDWR)


def _accept(
    listener: socket.socket, connect: Callable[[], socket.socket], counting: Counting, counts: Counter[str]
) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = connect()
            threading.Thread(target=_pass_on, args=(client, server, counting, counts), daemon=True).start()
            threading.Thread(target=_pass_on, args=(server, client, _nothing, counts), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, counting: Counting, counts: Counter[str]) -> None:
    pending = b""
    with suppress(OSError):
        while data := source.recv(65536):
            pending = counting(pending + data, counts)
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _nothing(pending: bytes, counts: Counter[str]) -> bytes:  # noqa: ARG001
    return b""
