"""``writ sandbox``: every system of the specs on loopback, to try things without an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from reconciler.cli.options import default_paths, json_option, seconds
from reconciler.cli.output import Output
from reconciler.sandbox import verbs
from reconciler.sandbox.errors import BrokenSpecs, SandboxError
from reconciler.sandbox.folder import DEFAULT, Folder, Status
from reconciler.sandbox.hosting import options
from reconciler.state.opening import DEFAULT_PLACE
from specs.diagnostic import error

P = ParamSpec("P")
_OLD_STATE = f"""
{DEFAULT_PLACE} is of an earlier run. Of servers that are gone, delete it with what is beside it (rm {DEFAULT_PLACE}*):
what it names outside these specs' scopes may not be read here, and stops the plan."""


def reported(command: Callable[P, int]) -> Callable[P, int]:
    """A sandbox's errors as findings."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except BrokenSpecs as broken:
            Output().findings(broken.diagnostics, broken.source_line)
        except SandboxError as failed:
            Output().findings((error("W800", failed.message, help=failed.help),))
        return 1

    return run


@click.group()
def sandbox() -> None:
    """Run every system of the specs on this machine, and sign workload tokens.

    Servers listen on 127.0.0.1 only and forget everything when they stop. Nothing real is touched.
    """


@sandbox.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True))
@click.option(
    "-seed", "--seed", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Data for the systems."
)
@click.option(
    "-for",
    "--for",
    "lifetime",
    default="8h",
    show_default=True,
    metavar="DURATION",
    help="Stop by itself after this long; 0s: never.",
)
@click.option("-environment", "--environment", metavar="NAME", help="Of several environments, start this one alone.")
@click.option("-foreground", "--foreground", is_flag=True, help="Stay in this process until Ctrl-C.")
@reported
def up(paths: tuple[str, ...], *, seed: Path | None, lifetime: str, environment: str | None, foreground: bool) -> int:
    """Start a server for each system of the specs.

    --seed names a folder with <system>.sql and <system>.seed; without it, `seed` beside the specs is taken.
    """
    chosen, folder = options(paths or default_paths(), seed, seconds(lifetime), environment), Folder(DEFAULT)
    if foreground:
        verbs.up_here(chosen, folder, click.echo, lambda status: click.echo(_started(status, environment)))
        return 0
    found = verbs.up(chosen, folder, click.echo)
    if found.already and found.status.down:
        click.echo(_table(found.status))
        raise SandboxError(
            f"the sandbox is up, but not all of it: {', '.join(found.status.down)}",
            help="start it afresh: writ sandbox down, then writ sandbox up",
        )
    if found.outdated:
        click.echo(_table(found.status))
        raise SandboxError(
            "the sandbox was made for other systems or scopes than the specs declare now: its operator is denied there",
            help="start it afresh: writ sandbox down, then writ sandbox up",
        )
    click.echo(_already(found.status) if found.already else _started(found.status, environment))
    if not found.already and DEFAULT_PLACE.exists():
        click.echo(_OLD_STATE)
    return 0


@sandbox.command()
@reported
def down() -> int:
    """Stop the servers and remove all that they left. Exits 0 also when nothing runs."""
    click.echo("The sandbox is down." if verbs.down(Folder(DEFAULT)) else "No sandbox runs here.")
    return 0


@sandbox.command()
@json_option
@reported
def status(*, as_json: bool) -> int:
    """Show what runs. Exits 0 when the sandbox is up with every server alive, 1 otherwise."""
    found = verbs.running(Folder(DEFAULT))
    healthy = found is not None and found.healthy
    if as_json:
        Output().json({"format_version": "1.0", "up": healthy} | (_described(found) if found else {}))
    else:
        click.echo(_table(found) if found else "No sandbox runs here. Start one: writ sandbox up")
    return 0 if healthy else 1


@sandbox.command()
@click.argument("agent", required=False)
@click.option("-system", "--system", help="For logging in to this system.")
@click.option("-audience", "--audience", help="For this audience.")
@click.option("-environment", "--environment", help="As the agent of this environment.")
@click.option("-operator", "--operator", is_flag=True, help="The operator's own token; needs --audience.")
@reported
def token(
    agent: str | None, *, system: str | None, audience: str | None, environment: str | None, operator: bool
) -> int:
    """Print a signed workload token of AGENT, good for ten minutes."""
    if operator == (agent is not None):
        raise click.UsageError("name either an AGENT or --operator")
    if system and audience:
        raise click.UsageError("--system and --audience exclude each other")
    given = {"agent": agent, "system": system, "audience": audience, "environment": environment, "operator": operator}
    request: dict[str, str | bool] = {key: value for key, value in given.items() if value}
    click.echo(verbs.token(Folder(DEFAULT), request))
    return 0


def _started(status: Status, asked: str | None) -> str:
    specs = " ".join(_short(path) for path in status.specs)
    first, *others = status.environments or ("",)
    chosen = f"--environment {first} " if others or asked else ""
    about = f", in {first} (or {', '.join(others)})" if others else ""
    return f"""\
{_table(status)}

Next{about}:
  export WRIT_CONNECTIONS={_short(status.connections)}
  writ plan {chosen}{specs}
  writ apply {chosen}{specs}
  writ sandbox token AGENT {chosen}--system SYSTEM
  writ sandbox down"""


def _described(status: Status) -> dict[str, Any]:
    servers = [asdict(server) | {"alive": server.alive} for server in status.servers]
    return asdict(status) | {"servers": servers}


def _already(status: Status) -> str:
    return f"The sandbox is already up. To start it afresh: writ sandbox down\n{_table(status)}"


def _table(status: Status) -> str:
    rows = [
        (server.environment, server.system, server.version, server.endpoint, "up" if server.alive else "DOWN")
        for server in status.servers
    ]
    rows.append(("", "issuer", "", status.issuer, "up" if status.supervisor.alive else "DOWN"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if not status.ready:
        lines.append("still starting")
    return "\n".join([*lines, f"Stops by itself at {status.until}." if status.until else "Runs until stopped."])


def _short(path: str) -> str:
    here, found = Path.cwd(), Path(path)
    return str(found.relative_to(here)) if found.is_relative_to(here) else path
