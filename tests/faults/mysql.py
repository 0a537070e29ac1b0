"""A proxy for the protocol of MySQL and MariaDB: each command up to the end of its reply is a call; a login is none.

https://mariadb.com/kb/en/clientserver-protocol/, as PyMySQL speaks it: no TLS, no compression, statements as texts, and
every result's rows between two EOF packets.
"""

from __future__ import annotations

from typing import IO

from tests.faults.gate import Gate
from tests.faults.unix import Talk, UnixProxy, words

_QUIT, _QUERY = 0x01, 0x03
_COMMANDS = {0x02: "use", 0x0E: "ping", 0x1F: "reset"}
"""Others that a client may send, each with a reply of one packet."""
_OK, _EOF, _ERROR = 0x00, 0xFE, 0xFF
_MORE_RESULTS = 0x0008
_LARGEST = 0xFFFFFF


class MysqlProxy(UnixProxy):
    """``upstream``: the server's socket."""

    def __init__(self, gate: Gate, upstream: str, name: str = "mysql") -> None:
        super().__init__(gate, name, upstream, _Handler)


class _Handler(Talk):
    def start(self) -> bool:
        """The login: the server greets, and asks until it says yes or no."""
        while packet := self._packet(self.answers):
            self.wfile.write(packet)
            if packet[4] in {_OK, _ERROR}:
                return packet[4] == _OK
            self.upstream.sendall(self._packet(self.rfile))
        return False

    def serve(self) -> bool:
        """One command."""
        packet = self._packet(self.rfile)
        if not packet or packet[4] == _QUIT:
            self.upstream.sendall(packet)
            return False
        if packet[4] == _QUERY:
            return self.call(words(packet[5:], 120), packet, self._results)
        return self.call(_COMMANDS[packet[4]], packet, lambda: self._packet(self.answers))

    def _results(self) -> bytes:
        """All that a statement gives: one result, or several."""
        found, more = b"", True
        while more:
            answer, more = self._result()
            found += answer
        return found

    def _result(self) -> tuple[bytes, bool]:
        """One of them, and whether another follows."""
        first = self._packet(self.answers)
        if not first or first[4] == _ERROR:
            return first, False
        if first[4] == _OK:
            return first, bool(_status(first[5:]) & _MORE_RESULTS)
        columns, end = self._rows()
        if end[4:5] != bytes([_EOF]):
            return first + columns, False
        rows, end = self._rows()
        return first + columns + rows, end[4:5] == bytes([_EOF]) and bool(_end_status(end) & _MORE_RESULTS)

    def _rows(self) -> tuple[bytes, bytes]:
        """Up to the packet that ends them, and that packet."""
        found = b""
        while packet := self._packet(self.answers):
            found += packet
            if packet[4] == _ERROR or (packet[4] == _EOF and len(packet) < 4 + 9):
                return found, packet
        return found, b""

    @staticmethod
    def _packet(source: IO[bytes]) -> bytes:
        """One, with what it is continued by; empty where the connection is over."""
        found = b""
        while True:
            head = source.read(4)
            if len(head) < 4:
                return b""
            size = int.from_bytes(head[:3], "little")
            found += head + source.read(size)
            if size < _LARGEST:
                return found


def _end_status(packet: bytes) -> int:
    """Of an EOF packet: after the number of warnings."""
    return int.from_bytes(packet[7:9], "little")


def _status(payload: bytes) -> int:
    """Of an OK packet: after two numbers that say their own length."""
    for _ in range(2):
        payload = payload[{0xFC: 3, 0xFD: 4, 0xFE: 9}.get(payload[0], 1) :]
    return int.from_bytes(payload[:2], "little")
