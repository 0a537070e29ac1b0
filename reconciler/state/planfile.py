"""Saved plans: what `plan -out` writes and `apply FILE`, `show FILE` read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import stat
import tempfile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from reconciler.model import Plan
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
from reconciler.state.errors import PlanFileError
from reconciler.state.shape import each, fields, flag, mapping, number, text, word

FORMAT = "writ-plan/3"
MAX_BYTES = 512 * 1024 * 1024


def save_plan(plan: Plan, path: Path) -> None:
    """Write whole or not at all, readable by its owner only. A link stays: the file behind it is replaced.

    Raises PlanFileError.
    """
    # In the plan's own order: `show` shows the plan as it was shown.
    body = json.dumps(encode_plan(plan), ensure_ascii=False)
    text = json.dumps({"format": FORMAT, "sha256": _digest(body), "plan": body})
    try:
        _replace(_target(path), text)
    except OSError as failed:
        raise PlanFileError(
            f"the plan {path} can't be written: {failed.strerror}", help="name a writable place with -out FILE"
        ) from failed


def is_plan(path: Path) -> bool:
    """Whether a file is a saved plan (and not a spec), by its first bytes."""
    try:
        with _opened(path) as file:
            return file.read(64).startswith(b'{"format": "writ-plan/')
    except (OSError, PlanFileError):
        return False


def load_plan(path: Path) -> Plan:
    """Read a saved plan. Raises PlanFileError where it isn't one, is damaged, or is of another version."""
    try:
        with _opened(path) as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise PlanFileError(f"{path} is larger than a saved plan can be ({MAX_BYTES >> 20} MiB)")
            outer = json.loads(file.read().decode("utf-8"))
    except OSError as failed:
        raise PlanFileError(f"the plan {path} can't be read: {failed.strerror}") from failed
    except (ValueError, RecursionError) as failed:
        raise PlanFileError(f"{path} is not a saved plan", help="make one with: writ plan -out FILE") from failed
    if not isinstance(outer, dict) or "format" not in outer:
        raise PlanFileError(f"{path} is not a saved plan", help="make one with: writ plan -out FILE")
    if outer["format"] != FORMAT:
        raise PlanFileError(
            f"{path} has the format {outer['format']!r:.60}, this version reads {FORMAT}", help="plan again"
        )
    return _decode_body(path, outer)


def encode_plan(plan: Plan) -> dict[str, Any]:
    """The plan as JSON data."""
    return {
        "environment": plan.environment,
        "created": plan.created.isoformat(),
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
        "ttls": [encode_ttl(ttl) for ttl in plan.ttls],
    }


def decode_plan(data: Any) -> Plan:
    """The inverse of encode_plan. Raises ValueError for data of any other shape."""
    found = fields(data, *(field.name for field in dataclasses.fields(Plan)))
    return Plan(
        environment=word(found["environment"]),
        created=datetime.fromisoformat(text(found["created"])),
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
        ttls=each(decode_ttl, found["ttls"]),
    )


def _decode_body(path: Path, outer: dict[str, Any]) -> Plan:
    body = outer.get("plan")
    if not isinstance(body, str) or _digest(body) != outer.get("sha256"):
        raise PlanFileError(f"the plan {path} is damaged: its digest doesn't match", help="plan again")
    try:
        return consistent(decode_plan(json.loads(body)))
    except (ValueError, RecursionError) as failed:
        raise PlanFileError(f"the plan {path} is damaged", help="plan again") from failed


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
