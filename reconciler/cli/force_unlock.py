"""`writ force-unlock`."""

from __future__ import annotations

import click

from reconciler.cli.options import all_of, state_option
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.state.opening import Place, shown
from reconciler.workflow.state_edits import unlock
from specs.diagnostic import error


@click.command()
@all_of(
    click.argument("lock_id", metavar="ID"),
    state_option,
    click.option("-force", "--force", is_flag=True, help="Although its holder is running on this host."),
)
def force_unlock(lock_id: str, state_place: Place, *, force: bool) -> int:
    """Remove the state's lock with this ID. Only when its holder is gone: two runs at once undo each other."""
    output = Output()
    with state_errors(output) as status:
        if unlock(state_place, lock_id, force=force):
            output.text("The lock is removed.")
        else:
            output.findings(
                (
                    error(
                        "W612",
                        f"there is no lock with the ID {lock_id} in {shown(state_place)}",
                        help="writ lock list names those that are held",
                    ),
                )
            )
            status.code = 1
    return status.code
