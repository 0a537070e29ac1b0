"""The TTL of every (agent, intent, system), as its provider can enforce it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.compile.compiler import Compiled
from reconciler.model import Address, Resource, Ttl
from reconciler.provider import Pair


def ttls_of(compiled: Compiled) -> Iterator[Ttl]:
    """By agent, intent and system; without those that have no credential of their own there."""
    objects: dict[tuple[str, str, str], dict[Address, Resource]] = {}
    for address, wanted in compiled.desired.items():
        origin = wanted.origin
        if origin.agent and origin.intent:
            objects.setdefault((origin.agent, origin.intent, address.system), {})[address] = wanted.resource
    pairs: Mapping[tuple[str, str], Pair] = {(pair.agent.name, pair.intent.name): pair for pair in compiled.pairs}
    for (agent, intent, system), found in sorted(objects.items()):
        pair, binding = pairs.get((agent, intent)), compiled.systems[system]
        limit = binding.provider.ttl(binding.scope, pair, found) if pair is not None else None
        if pair is not None and limit is not None:
            yield Ttl(agent, intent, system, pair.ttl, limit)
