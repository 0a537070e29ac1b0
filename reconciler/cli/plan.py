"""`writ plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.formats import (
    EXIT_TRIPPED,
    Format,
    chosen_format,
    fail_on_option,
    format_option,
    full_option,
    print_plan,
)
from reconciler.cli.options import Asked, asked, strict_option, target_option
from reconciler.cli.output import Output
from reconciler.cli.saving import Saving, saved, saving_options
from reconciler.connections import read_connections
from reconciler.model import Plan
from reconciler.model.gate import Condition
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.saved import expiry_lines
from reconciler.state.errors import StateError
from reconciler.workflow.leaving import or_recorded
from reconciler.workflow.planning import Options, no_plan, plan_of
from reconciler.workflow.situation import situation
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors
from specs.files import SUFFIXES


@click.command()
@asked(
    click.option("-out", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Save the plan for apply."),
    click.option("-detailed-exitcode", "--detailed-exitcode", is_flag=True, help="0 empty, 1 error, 2 changes."),
    target_option,
    click.option("-destroy", "--destroy", is_flag=True, help="Plan what destroy would do."),
    format_option,
    full_option,
    fail_on_option,
    strict_option,
    *saving_options,
    # Accepted, as Terraform's users type it; reading is bulk.
    click.option("-parallelism", "--parallelism", type=click.IntRange(1, 256), hidden=True, expose_value=False),
)
def plan(  # noqa: D103 - the help is below
    what: Asked,
    out: Path | None,
    targets: tuple[str, ...],
    form: str | None,
    fail_on: tuple[Condition, ...],
    sign: Path | None,
    expires: float,
    *,
    detailed_exitcode: bool,
    destroy: bool,
    full: bool,
    strict: bool,
) -> int:
    output, chosen = Output(no_color=what.no_color), chosen_format(form, as_json=what.as_json)
    if sign is not None and out is None:
        raise click.UsageError("--sign signs a saved plan: add -out FILE")
    if out is not None and str(out).endswith(SUFFIXES):
        raise click.UsageError(f"-out {out}: a plan must not be named like a spec ({', '.join(SUFFIXES)})")
    made, source_line = _make(what, Options(targets, destroy), strict=strict)
    if out is not None and not made.errored:
        made = saved(made, Saving(out, expires, sign))
    gate = print_plan(output, made, chosen, fail_on, source_line, full=full)
    if out is not None and not made.errored and chosen is Format.HUMAN:
        output.text(f"\nSaved the plan to: {out}\nTo do exactly this:  writ apply {out}")
        output.lines(expiry_lines(made.expires))
    if made.errored:
        return 1
    return EXIT_TRIPPED if gate.tripped else 2 if detailed_exitcode and made.rows else 0


plan.help = """Show what apply would do: reads every system's scope, changes nothing, takes no lock.

PATH: files, folders, or - for standard input; by default the folder specs, or this folder.

-fail-on: widening (somebody gains access, by this plan or by what was done outside), may-widen (that can't be told),
guardrail (one objects, be it with a warning), escalation (a new path to what is critical or to administrator),
unmanaged (something in the scope is in no spec), drift.

Exit codes: 0 done, 1 error, 3 something of -fail-on holds; with -detailed-exitcode 0 no changes, 2 changes.
"""


def _make(what: Asked, options: Options, *, strict: bool) -> tuple[Plan, SourceLine]:
    """The plan, or what stands in its way as a plan with errors; and where its findings' lines are."""
    operator, problems = read_connections(what.connections)
    prepared = prepare(what.request(strict=strict), operator)
    # Named also where there is no plan: a comment on a pull request is found again by it.
    name = what.environment or prepared.meant
    if has_errors(problems):
        return no_plan(name, problems), no_source
    source_line = prepared.specs.sources.source_line
    try:
        if options.destroy:
            prepared = or_recorded(prepared, what.environment, what.state_place)
        with situation(prepared, operator, what.state_place) as now:
            made = plan_of(now, options)
            return (made if made.environment else replace(made, environment=name)), source_line
    except StateError as failed:
        return no_plan(name, (*prepared.diagnostics, state_finding(failed))), source_line
