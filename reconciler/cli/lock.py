"""`writ lock`."""

from __future__ import annotations

import click

from reconciler.cli.options import all_of, json_option, state_option
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.render.state import lock_lines, locks_json
from reconciler.state.opening import Place
from reconciler.workflow.keeping import locks


@click.group()
def lock() -> None:
    """Show who holds the state's locks. `writ force-unlock ID` removes one."""


@lock.command("list")
@all_of(state_option, json_option)
def list_(state_place: Place, *, as_json: bool) -> int:
    """Show every lock: who holds it, for what, since when, and when it was last renewed."""
    output = Output()
    with state_errors(output) as status:
        found = locks(state_place)
        if as_json:
            output.json(locks_json(found))
        else:
            output.lines(lock_lines(found))
    return status.code
