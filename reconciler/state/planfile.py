"""Saved plans: what `plan -out` writes and `apply FILE`, `show FILE` read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from reconciler.model import Address, Plan
from reconciler.state.codec import (
    decode_access,
    decode_address,
    decode_change,
    decode_diagnostic,
    decode_drift_item,
    decode_system,
    decode_ttl,
    encode_access,
    encode_address,
    encode_change,
    encode_diagnostic,
    encode_drift_item,
    encode_system,
    encode_ttl,
)
from reconciler.state.consistent import consistent
from reconciler.state.errors import NotSigned, PlanFileError
from reconciler.state.escalation import decode_escalation, encode_escalation
from reconciler.state.retirement import decode_meter, decode_row, encode_meter, encode_row
from reconciler.state.shape import each, fields, flag, mapping, maybe, number, row, text, word
from reconciler.state.signing import PublicKey, Signature, SigningKey

FORMAT = "writ-plan/8"
MAX_BYTES = 512 * 1024 * 1024
_START = re.compile(rb'\s*\{\s*"format"\s*:\s*"writ-plan/')
_AGAIN = "plan again"
_MAKE = "make one with: writ plan -out FILE; if it was one, plan again"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a file holds. The signature is of the key that it names; whether to trust that is the reader's matter."""

    plan: Plan
    signer: PublicKey | None = None


def save_plan(plan: Plan, path: Path, key: SigningKey | None = None) -> None:
    """Write whole or not at all, readable by its owner only. A link stays: the file behind it is replaced.

    Raises PlanFileError.
    """
    # In the plan's own order: `show` shows the plan as it was shown.
    body = json.dumps(encode_plan(plan), ensure_ascii=False)
    signature = key.sign(_message(body)) if key else None
    try:
        _replace(_target(path), _written(body, signature))
    except OSError as failed:
        raise PlanFileError(
            f"the plan {path} can't be written: {failed.strerror}", help="name a writable place with -out FILE"
        ) from failed


def is_plan(path: Path) -> bool:
    """Whether a file is a saved plan (and not a spec), by its first bytes."""
    try:
        with _opened(path) as file:
            return _START.match(file.read(64)) is not None
    except (OSError, PlanFileError):
        return False


def load_plan(path: Path) -> Plan:
    """The plan of read_saved, whoever signed it. Raises PlanFileError."""
    return read_saved(path).plan


def read_saved(path: Path, required: PublicKey | None = None) -> SavedPlan:
    """Read a saved plan; with ``required``, only one that this key signed.

    Raises PlanFileError where it isn't one, is of another version, or differs in any byte from what was written.
    """
    text, outer = _parsed(path)
    if outer.get("format") != FORMAT:
        raise PlanFileError(
            f"{path} has the format {outer.get('format')!r:.60}, this version reads {FORMAT}", help=_AGAIN
        )
    body, signature = outer.get("plan"), _signature(path, outer.get("signature"))
    if not isinstance(body, str) or text != _written(body, signature):
        raise PlanFileError(f"the plan {path} is damaged: it isn't as it was written", help=_AGAIN)
    _check(path, body, signature, required)
    try:
        return SavedPlan(consistent(decode_plan(json.loads(body))), signature.key if signature else None)
    except (ValueError, RecursionError) as failed:
        raise PlanFileError(f"the plan {path} is damaged", help=_AGAIN) from failed


def encode_plan(plan: Plan) -> dict[str, Any]:
    """The plan as JSON data."""
    return {
        "environment": plan.environment,
        "created": plan.created.isoformat(),
        "expires": plan.expires.isoformat() if plan.expires else None,
        "specs_digest": plan.specs_digest,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "systems": [encode_system(s) for s in plan.systems],
        "changes": [encode_change(c) for c in plan.changes],
        "diagnostics": [encode_diagnostic(d) for d in plan.diagnostics],
        "targets": list(plan.targets),
        "facts": {name: dict(facts) for name, facts in plan.facts.items()},
        "destroy": plan.destroy,
        "drift": [encode_drift_item(item) for item in plan.drift],
        "access": [encode_access(row) for row in plan.access],
        "wording": [encode_address(address) for address in sorted(plan.wording)],
        "left": [encode_address(address) for address in plan.left],
        "observed": [[encode_address(address), digest] for address, digest in plan.observed.items()],
        "ttls": [encode_ttl(ttl) for ttl in plan.ttls],
        "escalations": [encode_escalation(one) for one in plan.escalations],
        "retirements": [encode_row(one) for one in plan.retirements],
        "meter": encode_meter(plan.meter),
    }


def decode_plan(data: Any) -> Plan:
    """The inverse of encode_plan. Raises ValueError for data of any other shape."""
    found = fields(data, *(field.name for field in dataclasses.fields(Plan)))
    return Plan(
        environment=word(found["environment"]),
        created=datetime.fromisoformat(text(found["created"])),
        expires=datetime.fromisoformat(text(found["expires"])) if found["expires"] else None,
        specs_digest=word(found["specs_digest"]),
        lineage=word(found["lineage"]),
        serial=number(found["serial"]),
        systems=each(decode_system, found["systems"]),
        changes=each(decode_change, found["changes"]),
        diagnostics=each(decode_diagnostic, found["diagnostics"]),
        targets=each(text, found["targets"]),
        facts=mapping(partial(mapping, text), found["facts"]),
        destroy=flag(found["destroy"]),
        drift=each(decode_drift_item, found["drift"]),
        access=each(decode_access, found["access"]),
        wording=frozenset(each(decode_address, found["wording"])),
        left=each(decode_address, found["left"]),
        observed=dict(each(_decode_observed, found["observed"])),
        ttls=each(decode_ttl, found["ttls"]),
        escalations=each(decode_escalation, found["escalations"]),
        retirements=each(decode_row, found["retirements"]),
        meter=maybe(decode_meter, found["meter"]),
    )


def _decode_observed(data: Any) -> tuple[Address, str]:
    address, digest = row(data, 2)
    return decode_address(address), word(digest)


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """The file's text, and the JSON object in it. Nothing of it is to be believed yet."""
    try:
        with _opened(path) as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise PlanFileError(f"{path} is larger than a saved plan can be ({MAX_BYTES >> 20} MiB)", help=_MAKE)
            text = file.read().decode("utf-8")
        outer = json.loads(text)
    except OSError as failed:
        raise PlanFileError(f"the plan {path} can't be read: {failed.strerror}", help=_MAKE) from failed
    except (ValueError, RecursionError) as failed:
        raise PlanFileError(f"{path} is not a saved plan", help=_MAKE) from failed
    if not isinstance(outer, dict) or "format" not in outer:
        raise PlanFileError(f"{path} is not a saved plan", help=_MAKE)
    return text, outer


def _written(body: str, signature: Signature | None) -> str:
    """The one text that a plan and its signature have as a file: what differs in any byte isn't it."""
    fields = {"format": FORMAT, "plan": body, "signature": signature.encode() if signature else None}
    return json.dumps(fields | {"sha256": _digest(json.dumps(fields))})


def _message(body: str) -> bytes:
    """What is signed: also the format, so that a later one can't give the same bytes another meaning."""
    return f"{FORMAT}\n{body}".encode("utf-8", "surrogatepass")


def _signature(path: Path, data: Any) -> Signature | None:
    if data is None:
        return None
    try:
        return Signature.decode(data)
    except (ValueError, KeyError, TypeError) as wrong:
        raise PlanFileError(f"the plan {path} is damaged: its signature", help=_AGAIN) from wrong


def _check(path: Path, body: str, signature: Signature | None, required: PublicKey | None) -> None:
    """Raises NotSigned. A signature must hold even where none is required."""

    def refused(why: str, way_out: str = "have it planned and signed again") -> NotSigned:
        return NotSigned(f"the plan {path} {why}", help=way_out, claimed=(_claimed(body), _digest(body)))

    if required is not None and signature is None:
        wanted = f"a signature of the key {required.fingerprint} is required"
        raise refused(f"isn't signed, and {wanted}", "sign it: writ plan -out FILE --sign KEY")
    if signature is None:
        return
    if required is not None and signature.key != required:
        names = f"it is signed by the key {signature.key.fingerprint}, and {required.fingerprint} is required"
        raise refused(f"is refused: {names}")
    if not signature.key.verifies(signature.value, _message(body)):
        raise refused("was changed after it was signed")


def _claimed(body: str) -> str:
    try:
        found = json.loads(body)["environment"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def _opened(path: Path) -> BinaryIO:
    """A regular file, open for reading. A pipe or a device is refused: reading one may never end."""
    # Not blocking: opening a pipe would wait for its writer.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise PlanFileError(f"{path} is not a regular file", help="make a plan with: writ plan -out FILE")
    return os.fdopen(handle, "rb")


def _target(path: Path) -> Path:
    """The file behind the links. Whatever is there and no regular file (a device) must not be replaced by one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return path.resolve()
    if not stat.S_ISREG(mode):
        raise PlanFileError(
            f"the plan can't be written to {path}: it is there, and is not a regular file",
            help="name another -out FILE",
        )
    return path.resolve()


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
