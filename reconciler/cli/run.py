"""What plan, apply, destroy and drift share: showing a plan, asking, following a run."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.formats import Format, print_plan
from reconciler.cli.output import Output
from reconciler.model import ApplyResult, Outcome, Plan
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.progress import result_lines
from reconciler.state.errors import StateError

_STEP = 0.5
"""Seconds."""


@dataclass(slots=True)
class Status:
    """The exit code to be."""

    code: int = 0


@contextmanager
def state_errors(output: Output) -> Iterator[Status]:
    """A state or a saved plan that can't be used is a finding, not a traceback."""
    status = Status()
    try:
        yield status
    except StateError as failed:
        output.findings((state_finding(failed),))
        status.code = 1


def show_plan(output: Output, plan: Plan, source_line: SourceLine = no_source) -> None:
    """The plan for people on standard output, its findings on standard error."""
    print_plan(output, plan, Format.HUMAN, source_line=source_line)


def ask(plan: Plan) -> bool:
    """Terraform's question. Only ``yes`` will do; without a terminal or an answer nothing is done."""
    what = "destroy all of this" if plan.destroy else "perform these actions"
    return confirmed(f"Do you want to {what} in environment {plan.environment}?")


def confirmed(question: str) -> bool:
    """The same of another question."""
    click.echo(f"\n{question}\n  Only 'yes' will be accepted to approve.")
    click.echo("\n  Enter a value: ", nl=False)
    answer = _line()
    if not answer.endswith("\n"):
        click.echo()
    return answer.strip() == "yes"


def _line() -> str:
    """One from standard input. Waited for in steps: a signal just before a read is heard only once the read ends."""
    with suppress(OSError, ValueError):  # no file, or none that can be waited for
        while not select.select([sys.stdin], [], [], _STEP)[0]:
            pass
    return sys.stdin.readline()


def report(output: Output, plan: Plan, result: ApplyResult, *, quiet: bool = False) -> int:
    """What became of a run: findings, summary (unless quiet), exit code."""
    failures = [step.diagnostic for step in result.of(Outcome.FAILED) if step.diagnostic]
    skipped = [step.diagnostic for step in result.of(Outcome.SKIPPED) if step.diagnostic]
    output.findings((*result.diagnostics, *failures, *skipped))
    if not quiet:
        output.lines(result_lines(plan, result))
    if result.interrupted:
        return 130
    return 0 if result.ok else 1
