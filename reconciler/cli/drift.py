"""`writ drift`."""

from __future__ import annotations

from collections.abc import Mapping

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.options import Asked, asked
from reconciler.cli.output import Output
from reconciler.connections import read_connections
from reconciler.model import Drift
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.drift import drift_json, drift_lines
from reconciler.state.errors import StateError
from reconciler.workflow.drifting import drift_of, no_drift
from reconciler.workflow.situation import situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


@click.command()
@asked()
def drift(what: Asked) -> int:
    """Show what changed outside since the last apply, and what is there that nobody declared.

    Exit codes: 0 none, 2 drift, 1 error (a system that can't be read is an error, never "no drift").
    """
    output = Output(no_color=what.no_color)
    found, providers, source_line = _find(what)
    if what.as_json:
        output.json(drift_json(found, providers))
    else:
        output.lines(drift_lines(found))
        output.findings(found.diagnostics, source_line)
    return 1 if found.errored else 2 if found.items else 0


def _find(what: Asked) -> tuple[Drift, Mapping[str, str], SourceLine]:
    """The drift, or what stands in its way as one with errors; the systems' providers; the findings' lines."""
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        return no_drift("", problems), {}, no_source
    prepared = prepare(what.request(), operator)
    source_line = prepared.specs.sources.source_line
    try:
        with situation(prepared, operator, what.state_place) as now:
            providers = {name: binding.record.provider for name, binding in now.systems.items()}
            return drift_of(now), providers, source_line
    except StateError as failed:
        return no_drift(prepared.environment, (*prepared.diagnostics, state_finding(failed))), {}, source_line
