"""Memberships as a retirement records them: by group, the values that say them, enough to write them again.

``member: uid=svc,ou=people,dc=example,dc=com``. A note of its end is among them, and the placeholder where the group
had it beside the account.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from providers.ldap.directory import Accounts, Group
from providers.ldap.entry import Modification
from providers.ldap.keys import by_value
from providers.ldap.names import BY_CLASS, NEEDS_A_MEMBER
from reconciler.model import Resource, Value

MEMBERSHIPS, GROUP_IDS = "memberships", "group_ids"
_SAYS = ": "
_NOTES = "description"


def lines_of(group: Group, member: str, accounts: Accounts, placeholder: str) -> list[str]:
    """What a group says of a member; nothing where it isn't in it."""
    found = group.members(accounts, placeholder).get(member)
    if found is None:
        return []
    beside = [(attribute, raw) for attribute, raw in group.values if placeholder and by_value(raw) == placeholder]
    notes = [(_NOTES, one.raw) for one in found.notes]
    return sorted(f"{attribute}{_SAYS}{raw}" for attribute, raw in (*found.values, *beside, *notes))


def values(memberships: Mapping[str, Sequence[str]], ids: Mapping[str, str]) -> dict[str, Value]:
    """As attributes. ``ids``: the groups' entryUUID."""
    return {
        MEMBERSHIPS: {group: list(lines) for group, lines in sorted(memberships.items())},
        GROUP_IDS: {group: ids[group] for group in sorted(memberships)},
    }


def memberships_of(resource: Resource) -> dict[str, list[str]]:
    """By group."""
    return {group: list(lines) for group, lines in _mapping(resource.attributes.get(MEMBERSHIPS)).items()}


def ids_of(resource: Resource) -> dict[str, str]:
    """By group."""
    return {group: str(one) for group, one in _mapping(resource.attributes.get(GROUP_IDS)).items()}


def _mapping(value: Value) -> Mapping[str, list[str]]:
    return value if isinstance(value, Mapping) else {}  # type: ignore[return-value]


def takes_again(group: Group | None, was: str, lines: Collection[str]) -> str:
    """Why a membership can't be written again; empty: it can. ``was``: the group's entryUUID then."""
    if group is None:
        return "has gone"
    if group.uuid != was:
        return "is another group by now, made anew under that name"
    held = {attribute for attribute, _ in group.values} | {BY_CLASS.get(name, "") for name in group.classes}
    lacking = {attribute for attribute, _ in map(_parsed, lines)} - held - {_NOTES}
    return f"takes no {min(lacking)} any more" if lacking else ""


def merged(was: Sequence[str], now: Sequence[str], placeholder: str) -> list[str]:
    """What undoing makes of a group's lines: those recorded, with the values by which it came back since."""
    if not was:
        return list(now)
    back = [line for line in now if _is_own(line, placeholder)]
    kept = [line for line in was if not back or not _is_own(line, placeholder)]
    since = [line for line in now if _parsed(line)[0] == _NOTES]
    return sorted({*back, *kept, *since})


def _is_own(line: str, placeholder: str) -> bool:
    attribute, raw = _parsed(line)
    return attribute != _NOTES and not (placeholder and by_value(raw) == placeholder)


def joining_again(lines: Sequence[str], placeholder: str) -> Callable[[Group], list[Modification]]:
    """What is missing of the lines comes; the placeholder goes, where it came in the account's stead."""
    wanted = [_parsed(line) for line in lines]
    joined = {attribute for attribute, _ in wanted} & NEEDS_A_MEMBER
    filled = {attribute for attribute, raw in wanted if placeholder and by_value(raw) == placeholder}

    def changes(group: Group) -> list[Modification]:
        notes = ((_NOTES, one) for one in group.description)
        there = {(attribute, _compared(attribute, raw)) for attribute, raw in (*group.values, *notes)}
        comes = [
            Modification(attribute, raw, adds=True)
            for attribute, raw in wanted
            if (attribute, _compared(attribute, raw)) not in there
        ]
        goes = [
            Modification(attribute, raw, adds=False)
            for attribute, raw in group.values
            if attribute in joined - filled and placeholder and by_value(raw) == placeholder
        ]
        return [*goes, *comes]

    return changes


def _compared(attribute: str, raw: str) -> str:
    """As the server compares it, but for the names of POSIX accounts, which it takes as they are."""
    if attribute == _NOTES:
        return raw.lower()
    return by_value(raw) if attribute in NEEDS_A_MEMBER else raw


def _parsed(line: str) -> tuple[str, str]:
    attribute, _, raw = line.partition(_SAYS)
    return attribute, raw
