"""`writ drift`."""

from __future__ import annotations

import click

from reconciler.cli.options import Asked, asked
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.connections import read_connections
from reconciler.render.drift import drift_json, drift_lines
from reconciler.workflow.planning import drift_of, situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


@click.command()
@asked()
def drift(what: Asked) -> int:
    """Show what changed outside since the last apply, and what is there that nobody declared.

    Exit codes: 0 none, 2 drift, 1 error (a system that can't be read is an error, never "no drift").
    """
    output = Output(no_color=what.no_color)
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(what.request(), operator)
    with state_errors(output) as status:
        with situation(prepared, operator, what.state_path) as now:
            found = drift_of(now)
            providers = {name: binding.record.provider for name, binding in now.systems.items()}
        if what.as_json:
            output.json(drift_json(found, providers))
        else:
            output.lines(drift_lines(found))
            output.findings(found.diagnostics, prepared.specs.sources.source_line)
        status.code = 1 if found.errored else 2 if found.items else 0
    return status.code
