"""`writ explain`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from reconciler.cli.options import (
    all_of,
    connections_option,
    environment_option,
    json_option,
    no_color_option,
    request,
    state_option,
)
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.connections import Connections, read_connections
from reconciler.model import Answer
from reconciler.render.explain import explained_json, explained_lines, reason_json, reason_lines
from reconciler.state.opening import Place
from reconciler.workflow.explain import Question, as_asked, explain_address, explain_request
from reconciler.workflow.specs import Prepared, prepare
from specs.diagnostic import has_errors

CODES = {Answer.YES: 0, Answer.NO: 10, Answer.UNKNOWN: 14}
"""As access-diff's: apart from 1 (an error) and 2 (changes), which other commands use."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every question is answered from."""

    prepared: Prepared
    connections: Connections
    state_place: Place
    live: bool


@click.command()
@all_of(
    click.argument("words", nargs=-1, required=True, metavar="ADDRESS | AGENT SYSTEM REQUEST..."),
    click.option(
        "-specs", "--specs", "paths", multiple=True, metavar="PATH", help="Files or folders; may be repeated. [specs]"
    ),
    click.option("-live", "--live", is_flag=True, help="By the system as it is, not by what the specs want."),
    environment_option,
    connections_option,
    state_option,
    json_option,
    no_color_option,
)
def explain(
    words: tuple[str, ...],
    paths: tuple[str, ...],
    environment: str | None,
    connections: str | None,
    state_place: Place,
    *,
    live: bool,
    as_json: bool,
    no_color: bool,
) -> int:
    """Say whether an agent may do something, and why; or why an object exists.

    \b
    writ explain support-bot payments s3:GetObject arn:aws:s3:::orders-archive/x aws:RequestedRegion=eu-central-1
    writ explain support-bot vault read kv/data/orders/x
    writ explain support-bot orders-db SELECT public.orders total
    writ explain 'vault.vault_policy["writ-support-bot_orders.read"]'

    Names the whole chain: owner, intent, the lines of the specs, the object, the statement that decides. By the specs,
    without touching a system, unless --live is given.

    Exit codes: 0 yes (or the object is known), 10 no, 14 unknown, 1 error.
    """  # noqa: D301 - click's mark of a paragraph that is not to be wrapped
    output = Output(no_color=no_color)
    if len(words) == 2:
        raise click.UsageError("name an ADDRESS, or AGENT SYSTEM and what it would do")
    operator, problems = read_connections(connections)
    if has_errors(problems):
        output.findings(problems)
        return 1
    ground = _Ground(prepare(request(paths, environment), operator), operator, state_place, live)
    if len(words) == 1:
        return _reason(ground, words[0], output, as_json=as_json)
    return _answer(ground, Question(words[0], words[1], as_asked(words[2:])), output, as_json=as_json)


def _answer(ground: _Ground, question: Question, output: Output, *, as_json: bool) -> int:
    found, diagnostics = explain_request(ground.prepared, ground.connections, question, live=ground.live)
    output.findings(diagnostics, ground.prepared.specs.sources.source_line)
    if found is None:
        return 1
    if as_json:
        output.json(explained_json(found))
    else:
        output.lines(explained_lines(found))
    return CODES[found.answer]


def _reason(ground: _Ground, address: str, output: Output, *, as_json: bool) -> int:
    with state_errors(output) as status:
        found, diagnostics = explain_address(
            ground.prepared, ground.connections, ground.state_place, address, live=ground.live
        )
        output.findings(diagnostics, ground.prepared.specs.sources.source_line)
        if found is None:
            return 1
        if as_json:
            output.json(reason_json(found))
        else:
            output.lines(reason_lines(found))
    return status.code
