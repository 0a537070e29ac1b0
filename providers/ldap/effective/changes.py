"""What a change of memberships does to each member: all that it comes to, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.ldap.effective.graph import IN, Graph
from providers.ldap.keys import MembershipKey
from providers.ldap.names import MEMBERSHIP, NESTING
from reconciler.access import Comparison, Witness, compared
from reconciler.model import AccessChange, Aspect, Resource, Worlds

NESTED = "if whoever asks follows groups in groups; by {group}"


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each membership by which its member comes to more or less, or for longer or shorter."""
    before, after = Graph.of(worlds.before), Graph.of(worlds.after)
    for member in sorted(_members(worlds, before, after)):
        was, becomes = before.edges.get(member, {}), after.edges.get(member, {})
        old, new = before.effective(member), after.effective(member)
        for address in sorted(was.keys() | becomes.keys()):
            gone, come = _reached(was.get(address), before), _reached(becomes.get(address), after)
            if address not in worlds.touched and gone == come:
                continue
            gains = [_witness(group, new[group]) for group in sorted(come) if _is_more(group, new, old)]
            loses = [_witness(group, old[group]) for group in sorted(gone) if _is_more(group, old, new)]
            yield AccessChange(address, Aspect.REACH, compared(gains, loses))
    for address in sorted(worlds.touched):
        found = _lifetime(worlds.before.get(address), worlds.after.get(address))
        if found is not None:
            yield AccessChange(address, Aspect.LIFETIME, found)


def _members(worlds: Worlds, before: Graph, after: Graph) -> set[str]:
    """Members on whose access a touched object bears: its own, and all in that where it is a group."""
    found: set[str] = set()
    for address in worlds.touched:
        key = MembershipKey.parse(address.key) if address.type in IN else None
        start = key.member if key is not None else address.key if address.type == NESTING else ""
        if start:
            found |= before.below(start) | after.below(start)
    return found


def _reached(group: str | None, graph: Graph) -> frozenset[str]:
    return graph.above(group) if group is not None else frozenset()


def _is_more(group: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether ``one`` has a group that the other hasn't, or has by itself what the other has by another group."""
    return group not in other or (not one[group] and bool(other[group]))


def _witness(group: str, by: str) -> Witness:
    if not by:
        return Witness(f"be member of {group}")
    return Witness(f"be member of {group}", certain=False, note=NESTED.format(group=by))


def _lifetime(old: Resource | None, new: Resource | None) -> Comparison | None:
    """Texts of moments sort as time; an empty one is for ever."""
    if old is None or new is None or old.address.type != MEMBERSHIP:
        return None
    was, becomes = str(old.attributes["expires"]), str(new.attributes["expires"])
    if was == becomes:
        return None
    longer = not becomes or (bool(was) and becomes > was)
    group = new.attributes["group"]
    told = f"be member of {group} until {(becomes if longer else was) or 'somebody ends it'}"
    note = f"not {(was if longer else becomes) or 'for ever'}"
    return compared([Witness(told, note=note)], []) if longer else compared([], [Witness(told, note=note)])
