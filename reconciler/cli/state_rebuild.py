"""`writ state rebuild`."""

from __future__ import annotations

import click

from reconciler.cli.options import Asked, asked, auto_approve_option, lock_timeout_option
from reconciler.cli.output import Output
from reconciler.cli.run import confirmed, state_errors
from reconciler.connections import read_connections
from reconciler.model import State
from reconciler.render.state import state_json
from reconciler.workflow.keeping import Desk
from reconciler.workflow.rebuilding import Rebuilt
from reconciler.workflow.rebuilding import rebuild as rebuilt
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


@click.command()
@asked(auto_approve_option, lock_timeout_option)
def rebuild(what: Asked, lock_timeout: float, *, auto_approve: bool) -> int:
    """Make the state anew from what is there and ours: by the specs, and by the marks on the objects.

    Reads every system and changes none. What was recorded before is replaced, unfinished steps included.
    """
    if what.as_json and not auto_approve:
        raise click.UsageError("-json can't ask: add -auto-approve")
    output = Output(no_color=what.no_color)
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(what.request(), operator)
    with state_errors(output) as status:
        desk = Desk(what.state_place, lock_timeout, output.notice)
        found = rebuilt(prepared, operator, desk, lambda old, new: auto_approve or _asked(old, new))
        output.findings(found.diagnostics, prepared.specs.sources.source_line)
        status.code = _told(output, found, as_json=what.as_json)
    return status.code


def _asked(old: State, new: State) -> bool:
    was = f"{len(old.objects)} objects (serial {old.serial})" if old.lineage else "nothing"
    found = f"the {len(new.objects)} objects that were found"
    return confirmed(f"Do you want to record {found} in environment {new.environment}, in place of {was}?")


def _told(output: Output, found: Rebuilt, *, as_json: bool) -> int:
    if not found.approved:
        output.text("\nNothing was done: not approved.")
        return 1
    if found.state is None:
        return 1
    if as_json:
        output.json(state_json(found.state))
    else:
        count, lineage = len(found.state.objects), found.state.lineage
        output.text(f"{count} objects are recorded in a new state (lineage {lineage}). No system was touched.")
    return 0
