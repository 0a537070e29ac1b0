"""Documents out of principals: agents, intents by equal access, and the Environment where it lacks something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.engine.importing.ground import Ground
from reconciler.engine.importing.intents import UNSAID_TTL, Purposes
from reconciler.engine.importing.naming import one_line
from reconciler.engine.importing.pairs import Pair, Workload, Workloads
from reconciler.model import Address, Drafted, Importable, Lacking, Left
from specs import format_duration
from specs.documents import API_VERSION

_NOTHING = Lacking("it may do nothing", "remove it if nobody needs it")


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be written, and what isn't in it."""

    documents: tuple[Drafted, ...]
    left: tuple[Left, ...]
    pairs: Mapping[tuple[str, str], tuple[Address, ...]]
    """(agent, intent) → the principals that they are, on each system."""


def draft(
    principals: Iterable[Importable],
    ground: Ground,
    refused: Mapping[Address, Lacking],
    unsayable: Collection[Address],
    owner: str,
) -> Draft:
    """``refused``: principals that can't be an agent's, and why. ``unsayable``: those whose access isn't written.
    ``owner``: who answers where nothing says it.
    """
    every = [replace(one, access=()) if one.address in unsayable else one for one in principals]
    usable = [one for one in every if not one.lacking and one.address not in refused and _says(one)]
    workloads = Workloads.of(usable, ground)
    purposes = Purposes(ground)
    purposes.give(workloads.found.values())
    why = {**workloads.refused, **refused}
    left = tuple(found for one in every for found in _left(one, why.get(one.address), purposes))
    agents = [_agent(one, purposes, owner) for one in workloads.found.values()]
    intents = [one.document(API_VERSION) for one in sorted(purposes.every, key=lambda one: one.name)]
    pairs = {
        (one.name, purposes.of_pair(pair).name): tuple(door.address for door in pair.doors)
        for one in workloads.found.values()
        for pair in one.pairs
    }
    return Draft((*_environment(workloads), *agents, *intents), left, pairs)


def _says(one: Importable) -> bool:
    """Whether an intent comes of it: of a pair of Writ's own, another system's part may be all of it."""
    return bool(one.access or one.said.intent)


def _environment(workloads: Workloads) -> Iterator[Drafted]:
    if workloads.issuers.grown:
        data = workloads.issuers.data
        yield Drafted("Environment", str(data["metadata"]["name"]), data)


def _agent(workload: Workload, purposes: Purposes, owner: str) -> Drafted:
    doors = [door for pair in workload.pairs for door in pair.doors]
    said = next((text for door in doors if (text := one_line(door.said.owner))), owner)
    purpose = next((text for door in doors if (text := one_line(door.said.purpose))), "")
    where = ", ".join(dict.fromkeys(f"{door.kind} {door.name} at {door.address.system}" for door in doors))
    kind = "spiffe" if workload.subject.startswith("spiffe://") else "subject"
    spec = {
        "owner": said,
        "purpose": purpose or one_line(f"Imported from {where}"),
        "identity": {"issuer": workload.issuer, kind: workload.subject},
        "intents": [_allowed(pair, purposes) for pair in workload.pairs],
    }
    data = {"apiVersion": API_VERSION, "kind": "Agent", "metadata": {"name": workload.name}, "spec": spec}
    return Drafted("Agent", workload.name, data, tuple(door.address for door in doors))


def _allowed(pair: Pair, purposes: Purposes) -> dict[str, Any]:
    """What differs from the intent only."""
    intent = purposes.of_pair(pair)
    names = {door.address.system: dict(door.names) for door in pair.doors if door.names}
    ttl = {} if pair.ttl == (intent.ttl or UNSAID_TTL) else {"ttl": format_duration(pair.ttl)}
    return {"name": intent.name, **ttl, **({"names": names} if names else {})}


def _left(one: Importable, refused: Lacking | None, purposes: Purposes) -> Iterator[Left]:
    reasons = [*one.lacking, *((refused,) if refused else ())]
    if not reasons and not _says(one):
        reasons.append(_NOTHING)
    name = purposes.of_one(one).name if reasons and one.access else ""
    for reason in reasons:
        yield Left(one.address, one.kind, reason, name)
