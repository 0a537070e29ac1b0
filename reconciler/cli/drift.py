"""`writ drift`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import (
    all_of,
    connections_option,
    environment_option,
    json_option,
    no_color_option,
    paths_argument,
    request,
    state_option,
    verbose_option,
)
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.connections import read_connections
from reconciler.render.drift import drift_json, drift_lines
from reconciler.workflow.planning import drift_of, situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


@click.command()
@all_of(
    paths_argument,
    environment_option,
    connections_option,
    state_option,
    json_option,
    no_color_option,
    verbose_option,
)
def drift(
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_path: Path,
    *,
    as_json: bool,
    no_color: bool,
) -> int:
    """Show what changed outside since the last apply, and what is there that nobody declared.

    Exit codes: 0 none, 2 drift, 1 error (a system that can't be read is an error, never "no drift").
    """
    output = Output(no_color=no_color)
    operator, problems = read_connections(connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(request(paths, environment), operator)
    with state_errors(output) as status:
        with situation(prepared, operator, state_path) as now:
            found = drift_of(now)
            providers = {name: binding.record.provider for name, binding in now.systems.items()}
        if as_json:
            output.json(drift_json(found, providers))
        else:
            output.lines(drift_lines(found))
            output.findings(found.diagnostics, prepared.specs.sources.source_line)
        status.code = 1 if found.errored else 2 if found.items else 0
    return status.code
