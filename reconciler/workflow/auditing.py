"""Reading the audit record: is it as it was written, what does it say, and a signed note of how far it goes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.audit.chain import Verified, Wrong, verify
from reconciler.audit.checkpoint import MOST, Checkpoint, Signed, read_checkpoint, signed_text
from reconciler.audit.entry import Entry, encode
from reconciler.audit.ocsf import events
from reconciler.state.errors import CheckpointError, LedgerBroken, LedgerError, NothingRecorded, StateError
from reconciler.state.ledger import End, Reading
from reconciler.state.lockinfo import now
from reconciler.state.opening import Place, reading_ledger, shown
from reconciler.state.signing import read_public_key, read_signing_key
from specs.diagnostic import Diagnostic, error, warning

_MENDING = "compare it with a checkpoint or an export that was kept elsewhere, and put it back from there"
_ACCEPT = "; to go on with what is there, and say so in it: writ audit accept"


@dataclass(frozen=True, slots=True)
class Audit:
    """What was verified, against which checkpoints."""

    verified: Verified
    checkpoints: tuple[Signed, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    end: End | None = None
    """How far the state knows it; None where it knows nothing of it."""


def audit(place: Place, environment: str | None, checkpoints: Sequence[Path] = (), key: Path | None = None) -> Audit:
    """Read and verify the whole record of one environment: of the only one, where none is named. Raises StateError.

    With a ``key``, only checkpoints that it signed are taken.
    """
    required, found = read_public_key(key) if key is not None else (None, ())
    signed = tuple(read_checkpoint(_read(path), str(path), required) for path in checkpoints)
    with reading_ledger(place) as ledger:
        # A record that was deleted as a whole is still the checkpoints', and the state's.
        name = environment or only_one(ledger, place, {one.checkpoint.environment for one in signed})
        end, untold = _end(ledger, name)
        for path, one in zip(checkpoints, signed, strict=True):
            if one.checkpoint.environment != name:
                raise CheckpointError(
                    f"{path} is of environment {one.checkpoint.environment}, not of {name}",
                    help=f"name a checkpoint of {name}, or --environment {one.checkpoint.environment}",
                )
        there = name in ledger.audited()
        if not there and not signed and end is None:
            raise LedgerError(
                f"there is no audit record of {name} beside {shown(place)}", help="the first apply begins one"
            )
        lines = ledger.lines(name) if there else iter(())
        verified = verify(name, lines, [one.checkpoint for one in signed], end)
        return Audit(verified, signed, (*found, *untold), end)


def _end(ledger: Reading, environment: str) -> tuple[End | None, tuple[Diagnostic, ...]]:
    try:
        return ledger.end(environment), ()
    except StateError as failed:
        message = f"how far the audit record went can't be asked of the state: {failed.message}"
        return None, (warning(failed.code, message, subject=environment, help=failed.help),)


def flaws(found: Audit) -> tuple[Diagnostic, ...]:
    """What isn't as it was written, as a finding."""
    if found.verified.flaw is None:
        return ()
    broken = _broken(found.verified)
    return (error(broken.code, broken.message, subject=found.verified.environment, help=broken.help),)


def entries(place: Place, environment: str | None) -> tuple[Entry, ...]:
    """All entries. Raises StateError, LedgerBroken where the record isn't sound: its rest means nothing."""
    found = audit(place, environment).verified
    if found.flaw is not None:
        raise _broken(found)
    return found.entries


def of_run(found: Sequence[Entry], run: str) -> tuple[Entry, ...]:
    """Those of one run, by its id or how that begins. Raises LedgerError where there is none, or several."""
    runs = {entry.run for entry in found if entry.run.startswith(run)}
    if len(runs) != 1:
        several = "several runs begin so" if runs else "no such run"
        raise LedgerError(f"{run}: {several}", help="writ audit show lists them")
    return tuple(entry for entry in found if entry.run in runs)


def latest(found: Sequence[Entry], limit: int) -> tuple[Entry, ...]:
    """The last so many runs; 0: all of them."""
    runs = list(dict.fromkeys(entry.run for entry in found))
    kept = set(runs[-limit:] if limit else runs)
    return tuple(entry for entry in found if entry.run in kept)


def checkpoint(place: Place, environment: str | None, key: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    """A signed checkpoint of the whole record, as a line of JSON. Raises StateError, also where it isn't sound."""
    signer, found = read_signing_key(key)
    last = entries(place, environment)[-1:]
    if not last:
        raise LedgerError("the audit record is empty: there is nothing to sign", help="writ apply begins it")
    (end,) = last
    return signed_text(Checkpoint(end.environment, end.lineage, end.number, end.hash, now()), signer), found


def exported(found: Sequence[Entry], *, ocsf: bool) -> Iterator[str]:
    """A line of JSON to an entry: as it is kept, or as an event of OCSF."""
    if ocsf:
        yield from (json.dumps(event) for event in events(found))
    else:
        yield from (encode(entry).decode().rstrip("\n") for entry in found)


def _broken(found: Verified) -> LedgerBroken:
    what = found.flaw.message if found.flaw else ""
    way_out = _MENDING + (_ACCEPT if found.flaw and found.flaw.wrong is Wrong.CUT else "")
    return LedgerBroken(f"the audit record of {found.environment} isn't as it was written: {what}", help=way_out)


def only_one(ledger: Reading, place: Place, more: Collection[str] = ()) -> str:
    """The environment that has an audit record, or had one by what the state knows. Raises NothingRecorded."""
    there = {*ledger.audited(), *more}
    try:
        there |= {*ledger.ended()}
    except StateError:
        if not there:
            raise
        # The record is read all the same; what is missed then is told where its end is asked for.
    names = sorted(there)
    if len(names) == 1:
        return names[0]
    if not names:
        raise NothingRecorded(f"there is no audit record beside {shown(place)}", help="the first apply begins one")
    raise NothingRecorded(f"there are audit records of {', '.join(names)}", help="pick one with -environment NAME")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST + 1)
    except OSError as failed:
        raise CheckpointError(
            f"the checkpoint {path} can't be read: {failed.strerror}",
            help="name a file that writ audit checkpoint wrote",
        ) from failed
