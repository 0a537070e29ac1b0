"""What is recorded, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from reconciler.model import Address, Applied, Retired, State
from reconciler.render.lock import Holder
from reconciler.render.safe import safe

FORMAT_VERSION = "1.0"


def state_lines(state: State) -> Iterator[Text]:
    """Every address, then what was begun and not recorded as ended."""
    for address in sorted(state.objects):
        yield Text(safe(str(address)))
    for one in state.unfinished:
        yield Text(f"{one.phase} of {safe(str(one.address))} was begun at {one.began} and has no end", "yellow")
    for _, retired in sorted(state.retirements.items()):
        yield _retirement_line(retired)


def _retirement_line(one: Retired) -> Text:
    since = f" since {one.since:%Y-%m-%d %H:%M} UTC" if one.since is not None else ""
    proofs = f", {len(one.proofs)} proved" if one.proofs else ""
    return Text(
        f"retirement {safe(one.name)} of {safe(str(one.address))}: {one.marked.value or 'begun'}{since}{proofs}"
    )


def state_json(state: State) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {
        **_head(state),
        "objects": [_address(address) for address in sorted(state.objects)],
        "unfinished": [
            _address(one.address) | {"phase": one.phase, "who": one.who, "began": one.began} for one in state.unfinished
        ],
        "retirements": [
            _address(one.address)
            | {
                "name": one.name,
                "marked": one.marked.value,
                "since": one.since.isoformat() if one.since is not None else None,
                "who": one.who,
                "proved": [f"{proof.agent}/{proof.intent}" for proof in one.proofs],
            }
            for _, one in sorted(state.retirements.items())
        ],
    }


def object_lines(one: Applied) -> Iterator[Text]:
    """One object as it was applied."""
    yield Text(safe(str(one.resource.address)), "bold")
    for name, value in sorted(one.resource.attributes.items()):
        yield Text(f"  {safe(name)} = {safe(json.dumps(value, ensure_ascii=False))}")
    yield Text(f"  why: {safe(one.origin.reason)}", "dim")
    if one.native_id:
        yield Text(f"  the server's id: {safe(one.native_id)}", "dim")
    for address in one.depends_on:
        yield Text(f"  needs {safe(str(address))}", "dim")


def object_json(state: State, one: Applied) -> dict[str, Any]:
    """The same for machines."""
    return {
        **_head(state),
        **_address(one.resource.address),
        "attributes": dict(one.resource.attributes),
        "reason": one.origin.reason,
        "agent": one.origin.agent or None,
        "intent": one.origin.intent or None,
        "native_id": one.native_id or None,
        "depends_on": [str(address) for address in one.depends_on],
    }


def lock_lines(locks: Mapping[str, Holder]) -> Iterator[Text]:
    """Who holds what, a line to each."""
    for environment, one in sorted(locks.items()):
        renewed = f", renewed {one.beaten} (holds {one.lease:g} s)" if one.lease else ", held until it is released"
        who = f"{one.operation} by {one.who}, process {one.pid}, since {one.created}{renewed}"
        yield Text(safe(f"{environment}: {who}, ID {one.id}"))
    if not locks:
        yield Text("Nothing is locked.")


def locks_json(locks: Mapping[str, Holder]) -> dict[str, Any]:
    """As documented in docs/json.md."""
    return {
        "format_version": FORMAT_VERSION,
        "locks": [
            {
                "environment": environment,
                "id": one.id,
                "operation": one.operation,
                "who": one.who,
                "pid": one.pid,
                "created": one.created,
                "renewed": one.beaten or None,
                "lease_seconds": one.lease or None,
                "version": one.version,
            }
            for environment, one in sorted(locks.items())
        ],
    }


def _head(state: State) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "environment": state.environment,
        "lineage": state.lineage,
        "serial": state.serial,
    }


def _address(address: Address) -> dict[str, Any]:
    return {"address": str(address), "system": address.system, "type": address.type, "key": address.key}
