"""What takes a standing principal's place: whether it is there as declared, and was logged in through as it is now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping

from reconciler.model import Address, Change, Desired, Retired, State, Successor
from reconciler.provider import Retirement


def successors(
    wanted: Retirement,
    desired: Mapping[Address, Desired],
    changes: Iterable[Change],
    state: State,
    *,
    read: Collection[str],
) -> tuple[Successor, ...]:
    """What takes a principal's place: whether it is there as declared, and proved as it is.

    ``read``: the systems that were read. Of what stands in another one nobody knows whether it is there.
    """
    writing = [change for change in changes if change.writes]
    moving = {change.address for change in writing}
    whose = {(change.origin.agent, change.origin.intent) for change in writing if change.origin is not None}
    recorded = _record_of(wanted, state)
    found: list[Successor] = []
    for agent, intent in wanted.replaced_by:
        path = _path(agent, intent, desired)
        digest = _digest(path, state)
        still = moving.isdisjoint(path) and whose.isdisjoint({(agent, intent), (agent, "")})
        ready = bool(path) and still and all(address.system in read for address in path)
        proof = recorded.proof_of(agent, intent) if recorded is not None else None
        found.append(Successor(agent, intent, ready, proof if proof is not None and proof.digest == digest else None))
    return tuple(found)


def path_digest(agent: str, intent: str, desired: Mapping[Address, Desired], state: State) -> str:
    """Of a pair's objects and all that they stand on, as they are wanted, and of which objects these are.

    Empty where there are none.
    """
    return _digest(_path(agent, intent, desired), state)


def _path(agent: str, intent: str, desired: Mapping[Address, Desired]) -> dict[Address, Desired]:
    """A pair's objects with what they stand on, which others share: an auth mount, an OIDC provider."""
    found = {
        address: wanted
        for address, wanted in desired.items()
        if wanted.origin.agent == agent and wanted.origin.intent in {"", intent}
    }
    if not any(wanted.origin.intent for wanted in found.values()):
        return {}
    queue = list(found.values())
    while queue:
        more = {one: desired[one] for one in queue.pop().depends_on if one in desired and one not in found}
        found |= more
        queue += more.values()
    return found


def _digest(path: Mapping[Address, Desired], state: State) -> str:
    if not path:
        return ""
    ids = {address: state.objects[address].native_id for address in path if address in state.objects}
    rows = [[*address, dict(one.resource.attributes), ids.get(address, "")] for address, one in sorted(path.items())]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _record_of(wanted: Retirement, state: State) -> Retired | None:
    """A proof of what replaced another principal, maybe in another system, proves nothing of this one."""
    recorded = state.retirements.get(wanted.name)
    return recorded if recorded is not None and recorded.address == wanted.address else None
