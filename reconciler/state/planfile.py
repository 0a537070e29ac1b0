"""Saved plans: what `plan -out` writes and `apply FILE`, `show FILE` read."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from reconciler.model import Change, Plan, Value
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
from reconciler.state.errors import PlanFileError

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


def decode_plan(data: dict[str, Any]) -> Plan:
    """The inverse of encode_plan."""
    return Plan(
        environment=data["environment"],
        created=datetime.fromisoformat(data["created"]),
        specs_digest=data["specs_digest"],
        lineage=data["lineage"],
        serial=data["serial"],
        systems=tuple(decode_system(s) for s in data["systems"]),
        changes=tuple(decode_change(c) for c in data["changes"]),
        diagnostics=tuple(decode_diagnostic(d) for d in data["diagnostics"]),
        targets=tuple(data["targets"]),
        facts=data["facts"],
        destroy=data["destroy"],
        drift=tuple(decode_drift_item(item) for item in data["drift"]),
        access=tuple(decode_access(row) for row in data["access"]),
        wording=frozenset(decode_address(address) for address in data["wording"]),
        left=tuple(decode_address(address) for address in data["left"]),
        ttls=tuple(decode_ttl(ttl) for ttl in data["ttls"]),
    )


def _decode_body(path: Path, outer: dict[str, Any]) -> Plan:
    body = outer.get("plan")
    if not isinstance(body, str) or _digest(body) != outer.get("sha256"):
        raise PlanFileError(f"the plan {path} is damaged: its digest doesn't match", help="plan again")
    try:
        return _consistent(decode_plan(json.loads(body)))
    except (ValueError, KeyError, TypeError, AttributeError) as failed:
        raise PlanFileError(f"the plan {path} is damaged", help="plan again") from failed


def _consistent(plan: Plan) -> Plan:
    """What is shown must be what is done. Raises ValueError."""
    systems = {record.name for record in plan.systems}
    for change in plan.changes:
        resources = (change.after, change.before.resource if change.before else None)
        named = {resource.address for resource in resources if resource is not None}
        if change.address.system not in systems or not named <= {change.address} or not _shows_all(change):
            raise ValueError(f"row {change.address}")
    return plan


def _shows_all(change: Change) -> bool:
    """Whether the attributes listed differ as the two sides do, and none that differs is left out."""
    before = change.before.resource.attributes if change.before else {}
    after = change.after.attributes if change.after else {}
    listed = {item.name for item in change.attributes}
    for item in change.attributes:
        if _differ(before.get(item.name), item.before) or _differ(after.get(item.name), item.after):
            return False
    return not any(_differ(before[name], after[name]) for name in (before.keys() & after.keys()) - listed)


def _differ(left: Value, right: Value) -> bool:
    # As JSON: in Python, True is 1.
    if isinstance(left, str) or isinstance(right, str):
        return left != right
    return json.dumps(left, sort_keys=True) != json.dumps(right, sort_keys=True)


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
