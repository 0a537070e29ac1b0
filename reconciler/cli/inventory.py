"""`writ inventory`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from threading import Lock

import click

from reconciler.cli.findings import state_finding
from reconciler.cli.formats import EXIT_TRIPPED
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
from reconciler.cli.unknown import nearest
from reconciler.connections import read_connections
from reconciler.engine.inventory import tripped
from reconciler.model import Class, Inventory, Item, State, Thresholds
from reconciler.render.diagnostics import SourceLine, no_source
from reconciler.render.inventory_csv import inventory_csv
from reconciler.render.inventory_json import inventory_json
from reconciler.render.inventory_text import inventory_lines, tripped_line
from reconciler.state.errors import StateError
from reconciler.state.opening import Place
from reconciler.workflow.inventory import Question, no_inventory
from reconciler.workflow.inventory import inventory as look_over
from reconciler.workflow.situation import load_state
from reconciler.workflow.specs import prepare
from specs.diagnostic import Diagnostic, Severity, has_errors
from specs.duration import parse_span


class Format(StrEnum):
    """What it can be printed as."""

    HUMAN = "human"
    JSON = "json"
    CSV = "csv"


def _classes(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[Class, ...]:
    words = [word.strip() for text in given for word in text.split(",")]
    known = [name.value for name in Class]
    for word in words:
        if word not in known:
            raise click.BadParameter(f"{word!r} is none of {', '.join(known)}.{nearest(word, known)}")
    return tuple(Class(word) for word in words)


def _span(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    try:
        return parse_span(text)
    except ValueError as wrong:
        raise click.BadParameter(f"{text!r} is not a time such as 90d or 12h") from wrong


@click.command()
@all_of(
    paths_argument,
    environment_option,
    click.option("-system", "--system", default="", metavar="NAME", help="Only this one."),
    click.option(
        "-unused-for",
        "--unused-for",
        "unused",
        default="90d",
        show_default=True,
        metavar="TIME",
        callback=_span,
        help="What wasn't used (a stored secret: not changed) for so long is stale (static).",
    ),
    click.option(
        "-format",
        "--format",
        "form",
        type=click.Choice([form.value for form in Format]),
        help="human (the default), json, csv.",
    ),
    click.option("-full", "--full", is_flag=True, help="For people: name also what stands without a finding."),
    click.option(
        "-fail-on",
        "--fail-on",
        multiple=True,
        metavar="CLASS[,CLASS]…",
        callback=_classes,
        help="Exit with 3 on a finding of: stale, shared, static, over-wide, never-expires, human-use.",
    ),
    connections_option,
    state_option,
    json_option,
    no_color_option,
    verbose_option,
)
def inventory(
    paths: tuple[str, ...],
    environment: str | None,
    system: str,
    unused: int,
    form: str | None,
    fail_on: tuple[Class, ...],
    connections: str | None,
    state_place: Place,
    *,
    full: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    """Show who and what stands in the systems: users, keys, roles, logins, tokens, secrets, by age and width.

    Also outside of Writ's scopes. Only reads: changes nothing, and of a stored secret only its name and age. What may
    not be looked at is told, and stops nothing.

    Exit codes: 0 done, 1 error (a system couldn't be read at all), 3 something of --fail-on was found.
    """
    if as_json and form not in {None, Format.JSON.value}:
        raise click.UsageError(f"-json and -format {form}: which of the two?")
    chosen = Format.JSON if as_json else Format(form or Format.HUMAN)
    output = Output(no_color=no_color)
    with _watched(output) as progress:
        found, source_line = _look(
            paths, environment, connections, state_place, Question(system, Thresholds(unused=unused)), progress
        )
    held = tripped(found.items, fail_on)
    _print(output, found, chosen, fail_on, held, full=full)
    if chosen is not Format.JSON:
        output.findings(found.diagnostics, source_line)
    if held:
        output.notice(tripped_line(held).plain)
    return 1 if found.errored else EXIT_TRIPPED if held else 0


def _look(
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_place: Place,
    question: Question,
    progress: Callable[[str, int], None],
) -> tuple[Inventory, SourceLine]:
    operator, problems = read_connections(connections)
    if has_errors(problems):
        return no_inventory(environment or "", question, problems), no_source
    prepared = prepare(request(paths, environment), operator)
    state, notes = _recorded(state_place, prepared.environment)
    found = look_over(prepared, operator, replace(question, state=state), progress)
    return replace(found, diagnostics=(*found.diagnostics, *notes)), prepared.specs.sources.source_line


def _recorded(place: Place, environment: str) -> tuple[State | None, tuple[Diagnostic, ...]]:
    """What is known of retirements. Without it all that stands is told nevertheless."""
    try:
        return load_state(place, environment), ()
    except StateError as failed:
        return None, (replace(state_finding(failed), severity=Severity.WARNING),)


def _print(
    output: Output,
    found: Inventory,
    form: Format,
    asked: Sequence[Class],
    held: Mapping[Class, Sequence[Item]],
    *,
    full: bool,
) -> None:
    if form is Format.JSON:
        output.json(inventory_json(found, asked, held))
    elif form is Format.CSV:
        output.lines(inventory_csv(found))
    elif found.systems:
        output.lines(inventory_lines(found, full=full))


@contextmanager
def _watched(output: Output) -> Iterator[Callable[[str, int], None]]:
    """On a terminal a line that counts; elsewhere nothing."""
    if not output.err.is_terminal:
        yield lambda _system, _count: None
        return
    counts: dict[str, int] = {}
    lock = Lock()
    with output.err.status("Looking …") as status:

        def show(system: str, count: int) -> None:
            with lock:
                counts[system] = count
                status.update(", ".join(f"{name}: {number}" for name, number in sorted(counts.items())))

        yield show
