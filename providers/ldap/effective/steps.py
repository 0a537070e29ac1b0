"""What an account's memberships open in other systems: these ask the directory who is in which group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.ldap.dn import name_of
from providers.ldap.effective.changes import NESTED
from providers.ldap.effective.graph import Graph
from providers.ldap.keys import is_dn
from providers.ldap.names import MEMBERSHIP
from reconciler.model import Address, Meeting, Resource, Spot, Step


def steps(objects: Mapping[Address, Resource]) -> Iterator[Step]:
    """Of each membership: its account's name, its group, and the groups that this one is in."""
    graph = Graph.of(objects)
    for member, edges in graph.edges.items():
        for address, group in edges.items():
            if address.type != MEMBERSHIP:
                continue
            here = Spot.of(address)
            if is_dn(member):
                how = f"log in elsewhere as {member}"
                yield Step((here,), Spot.meeting(Meeting.ACCOUNT, name_of(member)), how, by=(address,))
            for other in sorted(graph.above(group)):
                note = "" if other == group else NESTED.format(group=group)
                into = Spot.meeting(Meeting.GROUP, name_of(other))
                yield Step((here,), into, f"be member of {other}", "", not note, note, (address,))
