"""`writ plan`."""

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
    strict_option,
    target_option,
    verbose_option,
)
from reconciler.cli.output import Output
from reconciler.cli.run import show_plan, state_errors
from reconciler.connections import read_connections
from reconciler.state.planfile import save_plan
from reconciler.workflow.planning import Options, plan_of, situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors
from specs.files import SUFFIXES


@click.command()
@all_of(
    paths_argument,
    environment_option,
    connections_option,
    state_option,
    click.option("-out", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan for apply."),
    click.option("-detailed-exitcode", "--detailed-exitcode", is_flag=True, help="0 empty, 1 error, 2 changes."),
    target_option,
    click.option("-destroy", "--destroy", is_flag=True, help="Plan what destroy would do."),
    strict_option,
    json_option,
    no_color_option,
    verbose_option,
)
@click.option("-parallelism", "--parallelism", type=click.IntRange(1, 256), hidden=True)
def plan(  # noqa: D103 - the help is below
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_path: Path,
    out: Path | None,
    targets: tuple[str, ...],
    parallelism: int | None,  # noqa: ARG001 - accepted, as Terraform's users type it; reading is bulk
    *,
    detailed_exitcode: bool,
    destroy: bool,
    strict: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    output = Output(no_color=no_color)
    if out is not None and str(out).endswith(SUFFIXES):
        raise click.UsageError(f"-out {out}: a plan must not be named like a spec ({', '.join(SUFFIXES)})")
    operator, problems = read_connections(connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(request(paths, environment, strict=strict), operator)
    with state_errors(output) as status:
        with situation(prepared, operator, state_path) as now:
            made = plan_of(now, Options(targets, destroy))
        show_plan(output, made, prepared.specs.sources.source_line, as_json=as_json)
        if out is not None and not made.errored:
            save_plan(made, out)
            if not as_json:
                output.text(f"\nSaved the plan to: {out}\nTo do exactly this:  writ apply {out}")
        status.code = 1 if made.errored else 2 if detailed_exitcode and not made.is_empty else 0
    return status.code


plan.help = """Show what apply would do: reads every system's scope, changes nothing, takes no lock.

PATH: files, folders, or - for standard input; by default the folder specs, or this folder.

Exit codes: 0 done, 1 error; with -detailed-exitcode 0 no changes, 2 changes.
"""
