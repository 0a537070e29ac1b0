"""Connections files other than the sandbox's."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import yaml

from tests.servers import World


def rewired(world: World, environment: str = "", **systems: Mapping[str, Any]) -> str:
    """A copy of the connections file in which these systems' blocks have other values; None leaves one out."""
    file: Any = yaml.safe_load(world.connections.read_text())
    blocks = file["spec"]["environments"][environment]["systems"] if environment else file["spec"]["systems"]
    for name, block in systems.items():
        system = name.replace("_", "-")
        merged = blocks[system] | block
        blocks[system] = {key: value for key, value in merged.items() if value is not None}
    path = world.cwd / f"connections-{len(list(world.cwd.glob('connections-*')))}.yaml"
    path.write_text(yaml.safe_dump(file))
    return str(path)


def closed_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
