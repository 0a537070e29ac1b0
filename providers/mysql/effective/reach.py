"""Which roles hold what a guardrail names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.mysql.access import MysqlNever
from providers.mysql.effective.world import World
from providers.mysql.names import ROLE
from providers.mysql.overlap import forbids
from reconciler.access import Witness
from reconciler.model import Address, Reach, Resource


def reached(objects: Mapping[Address, Resource], never: MysqlNever, surroundings: object) -> Iterator[Reach]:
    """Each role that may make such a request, by itself, by a role that it has, or because everybody may."""
    world = World(objects, surroundings)
    for address in objects:
        if address.type != ROLE:
            continue
        found = sorted(one for one in world.effective(address.key) if forbids(never, one))
        if found:
            yield Reach(address, Witness(str(found[0])))
        elif strange := world.strange(address.key):
            note = "it has a role that wasn't read"
            yield Reach(address, Witness(f"whatever {', '.join(sorted(strange))} may", certain=False, note=note))
