"""How a plan is printed, and what it is refused for: the options that `plan` and `show` share."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import click
from rich.text import Text

from reconciler.cli.output import Output
from reconciler.cli.unknown import nearest
from reconciler.engine.gate import gate_of
from reconciler.model import Plan
from reconciler.model.gate import Condition, Gate
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.gate import gate_line
from reconciler.render.gitlab import gitlab_json
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_markdown import plan_markdown
from reconciler.render.plan_text import plan_lines
from reconciler.render.sarif import sarif_json

EXIT_TRIPPED = 3


class Format(StrEnum):
    """What a plan can be printed as."""

    HUMAN = "human"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    GITLAB = "gitlab"


format_option = click.option(
    "-format",
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    help="human (the default), json, markdown (a comment on a pull request), sarif (findings), gitlab (its report).",
)
full_option = click.option(
    "-full", "--full", is_flag=True, help="For people: cut nothing, fold no change of wording away."
)


def _conditions(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[Condition, ...]:
    words = [word.strip() for text in given for word in text.split(",")]
    known = [condition.value for condition in Condition]
    for word in words:
        if word not in known:
            raise click.BadParameter(f"{word!r} is none of {', '.join(known)}.{nearest(word, known)}")
    return tuple(Condition(word) for word in words)


fail_on_option = click.option(
    "-fail-on",
    "--fail-on",
    multiple=True,
    metavar="WORD[,WORD]…",
    callback=_conditions,
    help="Exit with 3 on any of: widening, may-widen, guardrail, unmanaged, drift.",
)


def chosen_format(form: str | None, *, as_json: bool) -> Format:
    """The one that was asked for; -json is short for -format json."""
    if as_json and form not in {None, Format.JSON.value}:
        raise click.UsageError(f"-json and -format {form}: which of the two?")
    return Format.JSON if as_json else Format(form or Format.HUMAN)


def print_plan(
    output: Output,
    plan: Plan,
    form: Format,
    fail_on: tuple[Condition, ...] = (),
    source_line: SourceLine = no_source,
    *,
    full: bool = False,
) -> Gate:
    """The plan on standard output; its findings, where that form has no room for them, on standard error.

    Returns which of the conditions hold; a line on standard error says so.
    """
    gate = gate_of(plan, fail_on)
    if form is Format.HUMAN:
        output.lines(plan_lines(plan, full=full))
    elif form is Format.MARKDOWN:
        output.lines(Text(line) for line in plan_markdown(plan, gate))
    elif form is Format.GITLAB and plan.errored:
        output.notice("No report for GitLab: the plan has errors, and its counts would be too low.")
    else:
        output.json(_document(plan, form, gate))
    if form in {Format.HUMAN, Format.GITLAB}:
        output.findings(plan.diagnostics, source_line)
    if gate.tripped:
        output.notice(gate_line(gate).plain)
    return gate


def _document(plan: Plan, form: Format, gate: Gate) -> dict[str, Any]:
    if form is Format.JSON:
        return plan_json(plan, gate if gate.asked else None)
    return sarif_json(plan) if form is Format.SARIF else gitlab_json(plan)
