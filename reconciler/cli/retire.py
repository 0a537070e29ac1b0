"""`writ retire`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.execute import run_undo
from reconciler.cli.options import Asked, asked, auto_approve_option, lock_timeout_option
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.connections import read_connections
from reconciler.render.retirement import proof_json, proof_lines
from reconciler.workflow.applying import Execution
from reconciler.workflow.attesting import Files
from reconciler.workflow.attesting import prove as log_in
from reconciler.workflow.keeping import Desk
from reconciler.workflow.specs import prepare
from specs.diagnostic import has_errors


def _by_agent(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, Path]:  # noqa: ARG001
    """Each agent's file. A password itself is never taken."""
    found: dict[str, Path] = {}
    for one in given:
        agent, equals, file = one.partition("=")
        if not agent or not equals or not file or agent in found:
            raise click.UsageError("-password is AGENT=FILE, once for each agent: the file holds the password")
        found[agent] = Path(file)
    return found


@click.command()
@asked(
    click.option("-prove", "--prove", metavar="NAME", help="Log in through what replaces this retirement's principal."),
    click.option(
        "-token",
        "--token",
        "tokens",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="With -prove: a file with an agent's workload token, readable by you alone. May be repeated.",
    ),
    click.option(
        "-password",
        "--password",
        "passwords",
        metavar="AGENT=FILE",
        multiple=True,
        callback=_by_agent,
        help="With -prove, at a directory: a file with the password of an agent's account, readable by you alone.",
    ),
    click.option("-undo", "--undo", metavar="NAME", help="Unlock this retirement's principal: as it was before."),
    auto_approve_option,
    lock_timeout_option,
)
def retire(
    what: Asked,
    prove: str | None,
    tokens: tuple[Path, ...],
    passwords: dict[str, Path],
    undo: str | None,
    lock_timeout: float,
    *,
    auto_approve: bool,
) -> int:
    """Prove what replaces a standing principal, or undo its quarantine. What is due is done by plan and apply.

    -prove logs in as the agents do, with their workload tokens or passwords, and records that it worked: before that
    nothing is locked. A secret is never stored and never shown. -undo restores a principal that is locked.
    """
    if (prove is None) is (undo is None):
        raise click.UsageError("one of the two: -prove NAME or -undo NAME")
    if undo is not None:
        if tokens or passwords:
            raise click.UsageError("-token and -password go with -prove")
        if what.as_json and not auto_approve:
            raise click.UsageError("-json can't ask: add -auto-approve")
        return run_undo(what, undo, Execution(what.state_place, lock_timeout), auto_approve=auto_approve)
    if not tokens and not passwords:
        raise click.UsageError(
            "-prove needs a workload token of each agent: -token FILE; at a directory -password AGENT=FILE"
        )
    return _prove(what, str(prove), Files(tokens, passwords), lock_timeout)


def _prove(what: Asked, name: str, files: Files, lock_timeout: float) -> int:
    output = Output(no_color=what.no_color)
    with state_errors(output) as status:
        operator, problems = read_connections(what.connections)
        if has_errors(problems):
            output.findings(problems)
            return 1
        prepared = prepare(what.request(), operator)
        desk = Desk(what.state_place, lock_timeout, output.notice)
        found = log_in(prepared, operator, desk, name, files)
        if what.as_json:
            output.json(proof_json(name, found.proofs, found.diagnostics))
        else:
            output.findings(found.diagnostics, prepared.specs.sources.source_line)
            output.lines(proof_lines(name, found.proofs))
        status.code = int(has_errors(found.diagnostics))
    return status.code
