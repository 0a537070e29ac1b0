"""`writ state`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.options import all_of, environment_option, json_option, lock_timeout_option, state_option
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.cli.state_rebuild import rebuild
from reconciler.render.state import object_json, object_lines, state_json, state_lines
from reconciler.state.document import MOST
from reconciler.state.errors import StateError
from reconciler.state.opening import Place
from reconciler.workflow import keeping
from reconciler.workflow.keeping import Desk

_IN_SYSTEMS = "No system was touched."


@click.group()
def state() -> None:
    """Look at what was applied, move it, correct it, make it anew.

    The record only says what was applied last: losing it, or correcting it, changes nothing in the systems.
    """


state.add_command(rebuild)


@state.command("list")
@all_of(environment_option, state_option, json_option)
def list_(environment: str | None, state_place: Place, *, as_json: bool) -> int:
    """List the addresses that are recorded."""
    output = Output()
    with state_errors(output) as status:
        found = keeping.recorded(state_place, environment)
        if as_json:
            output.json(state_json(found))
        else:
            output.lines(state_lines(found))
    return status.code


@state.command()
@all_of(click.argument("address"), environment_option, state_option, json_option)
def show(address: str, environment: str | None, state_place: Place, *, as_json: bool) -> int:
    """Show one object as it was applied last."""
    output = Output()
    with state_errors(output) as status:
        found = keeping.recorded(state_place, environment)
        one = keeping.one_of(found, address)
        if as_json:
            output.json(object_json(found, one))
        else:
            output.lines(object_lines(one))
    return status.code


@state.command()
@all_of(environment_option, state_option)
def pull(environment: str | None, state_place: Place) -> int:
    """Print an environment's state as one JSON document, to keep or to push elsewhere."""
    output = Output()
    with state_errors(output) as status:
        sys.stdout.write(keeping.pulled(keeping.recorded(state_place, environment)).decode() + "\n")
    return status.code


@state.command()
@all_of(
    click.argument("file", type=click.Path(path_type=Path, allow_dash=True)),
    click.option("-force", "--force", is_flag=True, help="Although it is of another lineage, or older."),
    state_option,
    lock_timeout_option,
    json_option,
)
def push(file: Path, state_place: Place, lock_timeout: float, *, force: bool, as_json: bool) -> int:
    """Replace an environment's state by a document that `writ state pull` printed (- for standard input).

    Refused are another lineage, and a document older than what is recorded. Works on the record only.
    """
    output = Output()
    with state_errors(output) as status:
        desk = Desk(state_place, lock_timeout, output.notice)
        found = keeping.push(desk, _read(file), force=force)
        if as_json:
            output.json(state_json(found))
        else:
            count = f"{len(found.objects)} objects (serial {found.serial})"
            output.text(f"The state of environment {found.environment} is replaced: {count}. {_IN_SYSTEMS}")
    return status.code


@state.command()
@all_of(
    click.argument("old", metavar="OLD"),
    click.argument("new", metavar="NEW"),
    environment_option,
    state_option,
    lock_timeout_option,
    json_option,
)
def mv(old: str, new: str, environment: str | None, state_place: Place, lock_timeout: float, *, as_json: bool) -> int:
    """Record an object under another address. Works on the record only: the object keeps its name in its system."""
    output = Output()
    with state_errors(output) as status:
        was, now = keeping.move(Desk(state_place, lock_timeout, output.notice), environment, old, new)
        if as_json:
            output.json({"moved": str(was), "to": str(now)})
        else:
            output.text(f"{was} is recorded as {now}. {_IN_SYSTEMS}")
    return status.code


@state.command()
@all_of(click.argument("address"), environment_option, state_option, lock_timeout_option, json_option)
def rm(address: str, environment: str | None, state_place: Place, lock_timeout: float, *, as_json: bool) -> int:
    """Forget an object. Works on the record only: it stays in its system, and the next plan says what it finds."""
    output = Output()
    with state_errors(output) as status:
        gone = keeping.remove(Desk(state_place, lock_timeout, output.notice), environment, address)
        if as_json:
            output.json({"removed": str(gone)})
        else:
            output.text(f"{gone} is no longer recorded. {_IN_SYSTEMS}")
    return status.code


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MOST + 1)
        with file.open("rb") as opened:
            return opened.read(MOST + 1)
    except OSError as failed:
        raise StateError(
            f"{file} can't be read: {failed.strerror}", help="name a state that writ state pull printed"
        ) from failed
