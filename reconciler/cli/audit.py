"""`writ audit`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.options import all_of, environment_option, json_option, state_option
from reconciler.cli.output import Output
from reconciler.cli.run import state_errors
from reconciler.render.audit import accepted_line, entries_json, entry_lines, verified_json, verified_lines
from reconciler.state.opening import Place
from reconciler.workflow import accepting, auditing


@click.group()
def audit() -> None:
    """Verify, show and export the record of every run: who, what, by which plan, and what came of it.

    It is kept beside the state. An entry that was edited, taken out, moved or cut off at the end is found; a signed
    checkpoint, kept elsewhere, also shows what was written anew by somebody who may write both.
    """


@audit.command()
@all_of(
    click.option(
        "-checkpoint",
        "--checkpoint",
        "checkpoints",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A checkpoint that the record must hold. May be repeated.",
    ),
    click.option(
        "-key", "--key", metavar="PUBKEY", type=click.Path(path_type=Path), help="The key that must have signed them."
    ),
    environment_option,
    state_option,
    json_option,
)
def verify(
    checkpoints: tuple[Path, ...], key: Path | None, environment: str | None, state_place: Place, *, as_json: bool
) -> int:
    """Check that the record is as it was written: 0 intact, 1 not, with the first entry that isn't, or an error."""
    if key is not None and not checkpoints:
        raise click.UsageError("-key is the key of a checkpoint: add -checkpoint FILE")
    output = Output()
    with state_errors(output) as status:
        found = auditing.audit(state_place, environment, checkpoints, key)
        output.findings((*found.diagnostics, *auditing.flaws(found)))
        signers = [one.signer.fingerprint for one in found.checkpoints]
        numbers = [one.checkpoint.number for one in found.checkpoints]
        if as_json:
            output.json(verified_json(found.verified, numbers, signers, known=found.end.number if found.end else None))
        else:
            output.lines(verified_lines(found.verified, numbers, signers, known=found.end is not None))
        status.code = 0 if found.verified.flaw is None else 1
    return status.code


@audit.command()
@all_of(
    click.option("-run", "--run", metavar="ID", default="", help="Only the run whose id begins so."),
    click.option(
        "-limit",
        "--limit",
        type=click.IntRange(min=0),
        default=10,
        show_default=True,
        metavar="N",
        help="Only the last so many runs; 0 for all.",
    ),
    environment_option,
    state_option,
    json_option,
)
def show(run: str, limit: int, environment: str | None, state_place: Place, *, as_json: bool) -> int:
    """Show what was done, run by run, the last one at the end."""
    output = Output()
    with state_errors(output) as status:
        every = auditing.entries(state_place, environment)
        found = auditing.of_run(every, run) if run else auditing.latest(every, limit)
        if as_json:
            output.json(entries_json(found))
        else:
            output.lines(entry_lines(found))
    return status.code


@audit.command()
@all_of(
    click.option(
        "-format",
        "--format",
        "shape",
        type=click.Choice(("json", "ocsf")),
        default="json",
        show_default=True,
        help="As it is kept, or as events of OCSF 1.3.",
    ),
    environment_option,
    state_option,
)
def export(shape: str, environment: str | None, state_place: Place) -> int:
    """Print the whole record, a JSON document to a line."""
    output = Output()
    with state_errors(output) as status:
        found = auditing.entries(state_place, environment)
        sys.stdout.writelines(f"{line}\n" for line in auditing.exported(found, ocsf=shape == "ocsf"))
    return status.code


@audit.command()
@all_of(
    click.option(
        "-sign",
        "--sign",
        metavar="KEYFILE",
        required=True,
        type=click.Path(path_type=Path),
        help="Sign it with this Ed25519 key (openssl genpkey -algorithm ed25519).",
    ),
    environment_option,
    state_option,
)
def checkpoint(sign: Path, environment: str | None, state_place: Place) -> int:
    """Print a signed note of how far the record goes, to be kept elsewhere."""
    output = Output()
    with state_errors(output) as status:
        text, found = auditing.checkpoint(state_place, environment, sign)
        output.findings(found)
        sys.stdout.write(f"{text}\n")
    return status.code


@audit.command()
@all_of(environment_option, state_option)
def accept(environment: str | None, state_place: Place) -> int:
    """Go on with a record whose end was cut off, or that was lost: an entry says so, and who decided it."""
    output = Output()
    with state_errors(output) as status:
        output.lines([accepted_line(accepting.accept(state_place, environment))])
    return status.code
