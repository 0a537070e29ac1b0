"""`writ plan`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import Asked, asked, strict_option, target_option
from reconciler.cli.output import Output
from reconciler.cli.run import show_plan, state_errors
from reconciler.connections import read_connections
from reconciler.state.planfile import save_plan
from reconciler.workflow.planning import Options, plan_of, situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors
from specs.files import SUFFIXES


@click.command()
@asked(
    click.option("-out", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan for apply."),
    click.option("-detailed-exitcode", "--detailed-exitcode", is_flag=True, help="0 empty, 1 error, 2 changes."),
    target_option,
    click.option("-destroy", "--destroy", is_flag=True, help="Plan what destroy would do."),
    strict_option,
    # Accepted, as Terraform's users type it; reading is bulk.
    click.option("-parallelism", "--parallelism", type=click.IntRange(1, 256), hidden=True, expose_value=False),
)
def plan(  # noqa: D103 - the help is below
    what: Asked, out: Path | None, targets: tuple[str, ...], *, detailed_exitcode: bool, destroy: bool, strict: bool
) -> int:
    output = Output(no_color=what.no_color)
    if out is not None and str(out).endswith(SUFFIXES):
        raise click.UsageError(f"-out {out}: a plan must not be named like a spec ({', '.join(SUFFIXES)})")
    operator, problems = read_connections(what.connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    prepared = prepare(what.request(strict=strict), operator)
    with state_errors(output) as status:
        with situation(prepared, operator, what.state_path) as now:
            made = plan_of(now, Options(targets, destroy))
        show_plan(output, made, prepared.specs.sources.source_line, as_json=what.as_json)
        if out is not None and not made.errored:
            save_plan(made, out)
            if not what.as_json:
                output.text(f"\nSaved the plan to: {out}\nTo do exactly this:  writ apply {out}")
        status.code = 1 if made.errored else 2 if detailed_exitcode and not made.is_empty else 0
    return status.code


plan.help = """Show what apply would do: reads every system's scope, changes nothing, takes no lock.

PATH: files, folders, or - for standard input; by default the folder specs, or this folder.

Exit codes: 0 done, 1 error; with -detailed-exitcode 0 no changes, 2 changes.
"""
