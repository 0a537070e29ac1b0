"""`writ import`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.options import Asked, asked
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.connections import read_connections
from reconciler.render.importing import import_json, import_lines
from reconciler.workflow.importing import OWNER, Imported, Question, import_specs
from reconciler.workflow.specs import prepare
from reconciler.workflow.writing import everything, write
from specs.diagnostic import Diagnostic, has_errors


def _principals(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    found = [text.partition(":") for text in given]
    wrong = next((text for text, (system, _, name) in zip(given, found, strict=True) if not system or not name), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is not SYSTEM:NAME, such as payments:orders-reader")
    return tuple((system, name) for system, _, name in found)


@click.command("import")
@asked(
    click.option("-system", "--system", default="", metavar="NAME", help="Only this one."),
    click.option(
        "-principal",
        "--principal",
        "principals",
        multiple=True,
        metavar="SYSTEM:NAME",
        callback=_principals,
        help="Only this role, login, user, or the workload of this subject. May be repeated.",
    ),
    click.option(
        "-out",
        "--out",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="A new folder (a file for each kind), or a new .yaml file. Without it the specs are printed.",
    ),
    click.option(
        "-owner",
        "--owner",
        default=OWNER,
        show_default=True,
        metavar="ADDRESS",
        help="Who answers for an agent where no system says it.",
    ),
)
def import_(
    common: Asked,
    *,
    system: str,
    principals: tuple[tuple[str, str], ...],
    out: Path | None,
    owner: str,
) -> int:
    """Write specs of what stands in the systems: agents, intents, and issuers that the Environment lacks.

    Only reads the systems and the state, and writes over no file. The specs are planned before they are written:
    whatever the plan would change is left out, and told with the reason. `apply` then takes over what is left.
    """
    output = Output(no_color=common.no_color)
    with state_errors(output) as status:
        operator, problems = read_connections(common.connections)
        if has_errors(problems):
            found = Imported(common.environment or "", diagnostics=problems)
            return _told(output, found, (), (), common, printed=False)
        before = prepare(common.request(), operator)
        found = import_specs(before, operator, Question(system, principals, owner), common.state_place)
        written: tuple[Path, ...] = ()
        more: tuple[Diagnostic, ...] = ()
        if out is not None and not found.errored:
            written, more = write(found, out)
        status.code = _told(output, found, [str(path) for path in written], more, common, printed=out is None)
    return status.code


def _told(
    output: Output,
    found: Imported,
    written: Sequence[str],
    more: tuple[Diagnostic, ...],
    common: Asked,
    *,
    printed: bool,
) -> int:
    diagnostics = (*found.diagnostics, *more)
    failed = has_errors(diagnostics)
    if common.as_json:
        output.json(
            import_json(
                found.environment,
                found.documents,
                found.texts,
                found.left,
                found.unseen,
                found.declared,
                found.plan,
                written,
                diagnostics,
            )
        )
        return 1 if failed else 0
    if not failed and printed and found.texts:
        output.text(everything(found).removesuffix("\n"))
    if not failed:
        lines = import_lines(found.documents, found.left, found.unseen, found.plan, written)
        for line in lines if printed else ():
            output.notice(line.plain)
        output.lines(() if printed else lines)
    output.findings(diagnostics)
    return 1 if failed else 0
