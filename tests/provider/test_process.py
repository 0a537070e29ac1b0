"""What local servers are started with."""

from __future__ import annotations

import socket

from reconciler.provider.process import free_port


def test_a_port_is_given_once() -> None:
    """Else two servers that start at once listen, and one answers for the other."""
    given = [free_port() for _ in range(400)]
    assert len(set(given)) == len(given)


def test_a_server_can_have_the_port() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)) as client:
        with server.accept()[0] as accepted:
            accepted.sendall(b"here")
        assert client.recv(4) == b"here"
