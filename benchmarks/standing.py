"""What an inventory and the access graph cost, by size: requests, CPU seconds, memory, and how they grow."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from count import count_actions, count_http, count_operations, count_queries, count_statements, counted
from estate import PER_WAY_OUT, SYSTEMS, estate, write_specs
from measure import Run, interleaved, measure, mebibytes
from world import WRIT, World, world

SIZES = (2_500, 5_000, 10_000)
NAMES = {"vault": "OpenBao", "payments": "AWS", "orders-db": "PostgreSQL", "shop-db": "MariaDB", "directory": "LDAP"}


def inventory(rounds: int) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Head and rows of a table."""
    found: list[tuple[int, list[Run], Mapping[str, int]]] = []
    for size in SIZES:
        with estate(size) as made:
            command = lambda made=made: measure(  # noqa: E731
                made.writ("inventory", "-format", "json"), cwd=made.folder, env=made.env
            )
            runs = interleaved(rounds, {"inventory": command})["inventory"]
            _check(runs[0].output, size)
            found.append((size, runs, _requests(made)))
    first = found[0]
    rows = [
        (
            f"{size:,}",
            _times(size / first[0]),
            _times(_cpu(runs) / _cpu(first[1])),
            mebibytes(runs),
            *(f"{counts[name]:,} ({_times(counts[name] / first[2][name])})" for name in SYSTEMS),
        )
        for size, runs, counts in found
    ]
    return ("identities", "times", "CPU seconds, times", "peak MiB", *(NAMES[name] for name in SYSTEMS)), rows


def graph(rounds: int) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The same of the specs' graph: an agent is an identity here."""
    found: list[tuple[int, list[Run]]] = []
    with tempfile.TemporaryDirectory(prefix="writ-bench-") as name:
        for size in SIZES:
            folder = Path(name) / str(size)
            write_specs(size, folder / "specs")
            command = lambda folder=folder: measure(  # noqa: E731
                [*WRIT, "graph", "-format", "json", "specs"], cwd=folder, env={"NO_COLOR": "1"}
            )
            found.append((size, interleaved(rounds, {"graph": command})["graph"]))
    return _graph_rows(found)


def live(rounds: int) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The same of what the servers hold: objects of as many agents, in three systems."""
    found: list[tuple[int, list[Run]]] = []
    for size in SIZES:
        with world(size, recorded=False, way_out=PER_WAY_OUT) as made:
            command = lambda made=made: measure(  # noqa: E731
                made.writ("graph", "-live", "-format", "json"), cwd=made.folder, env=made.env
            )
            found.append((size, interleaved(rounds, {"graph": command})["graph"]))
    return _graph_rows(found)


def _graph_rows(found: Sequence[tuple[int, list[Run]]]) -> tuple[Sequence[str], list[Sequence[str]]]:
    rows: list[Sequence[str]] = []
    for size, runs in found:
        told = json.loads(runs[0].output)
        paths = sum(1 for one in told["escalations"])
        count = f"{len(told['nodes']):,} and {len(told['edges']):,}"
        rows.append(
            (
                f"{size:,}", _times(size / found[0][0]), _times(_cpu(runs) / _cpu(found[0][1])), mebibytes(runs),
                count, f"{paths:,}", f"{len(runs[0].output) / 1e6:.1f}",
            )
        )  # fmt: skip
    return ("agents", "times", "CPU seconds, times", "peak MiB", "nodes and edges", "escalations", "JSON, MB"), rows


def _cpu(runs: Sequence[Run]) -> float:
    return min(run.cpu for run in runs)


def _times(ratio: float) -> str:
    return f"{ratio:.2f}".rstrip("0").rstrip(".") if ratio != 1 else "1"


def _check(output: str, size: int) -> None:
    """All of them were found, and a part of them is covered by the specs."""
    told = json.loads(output)
    found = [one for system in told["systems"] for one in system["items"] if "svc" in one["address"]]
    keys = sum(1 for one in found if "access_key" in one["address"])
    replaced = sum(1 for one in found if one["replaced_by"])
    if len(found) - keys < size - size // 5 + keys - 1 or not replaced:
        raise RuntimeError(f"{len(found)} of {size} identities were found, {replaced} of them replaceable")


def _requests(made: World) -> Mapping[str, int]:
    """One inventory, not timed, with a counting proxy before each server."""
    systems = made.spec["systems"]
    vault, aws, orders = systems["vault"]["address"], systems["payments"]["endpoint_url"], systems["orders-db"]
    places: Mapping[str, tuple[Callable[[], socket.socket], Any]] = {
        "vault": (_tcp(vault), count_http),
        "payments": (_tcp(aws), count_actions),
        "orders-db": (_unix(f"{orders['host']}/.s.PGSQL.{orders['port']}"), count_statements),
        "shop-db": (_unix(systems["shop-db"]["socket"]), count_queries),
        "directory": (_tcp(systems["directory"]["url"]), count_operations),
    }
    with ExitStack() as stack:
        opened = {name: stack.enter_context(counted(*place)) for name, place in places.items()}
        port = {name: number for name, (number, _) in opened.items()}
        changes: Mapping[str, Mapping[str, Any]] = {
            "vault": {"address": f"http://127.0.0.1:{port['vault']}"},
            "payments": {"endpoint_url": f"http://127.0.0.1:{port['payments']}"},
            "orders-db": {"host": "127.0.0.1", "port": port["orders-db"], "sslmode": "disable"},
            "shop-db": {"socket": "", "host": "127.0.0.1", "port": port["shop-db"]},
            "directory": {"url": f"ldap://127.0.0.1:{port['directory']}"},
        }
        file = made.connect_through("counted.json", changes)
        env = {**made.env, "WRIT_CONNECTIONS": str(file)}
        measure(made.writ("inventory", "-format", "json"), cwd=made.folder, env=env)
        return {name: sum(counts.values()) for name, (_, counts) in opened.items()}


def _tcp(url: str) -> Callable[[], socket.socket]:
    place = urlsplit(url)
    return lambda: socket.create_connection((place.hostname or "", place.port or 0))


def _unix(path: str) -> Callable[[], socket.socket]:
    def opened() -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.connect(path)
        return made

    return opened
