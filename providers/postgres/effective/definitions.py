"""What it means for roles that relations show, or functions do, something else; and that their minter may more.

What they come to isn't looked into: whoever may use one may see or do more by it than before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.postgres.effective.catalogue import Privilege
from providers.postgres.effective.world import place_of
from providers.postgres.keys import GrantKey
from providers.postgres.names import DEFINITION, MINTER
from providers.postgres.privileges import Kind
from reconciler.access import Witness, compared
from reconciler.model import AccessChange, Aspect, Resource, Value, Worlds

_SECURED: Mapping[Value, int] = {"off": 0, "on": 1, "forced": 2}
_ROW_SECURITY = "row_security"
_WORDS = {"policies": "policy", "rules": "rule", "triggers": "trigger", "beneath": "beneath it", "children": "children"}
_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Redefined:
    """Relations and functions that both worlds have, and that aren't the same in them."""

    keys: frozenset[GrantKey] = frozenset()
    gains: Mapping[_Place, tuple[Witness, ...]] = field(default_factory=dict)
    loses: Mapping[_Place, tuple[Witness, ...]] = field(default_factory=dict)

    def used(self, held: frozenset[Privilege]) -> tuple[list[Witness], list[Witness]]:
        """What whoever holds these privileges may gain and lose by it."""
        places = sorted({_place(one) for one in held if not one.grantable} & self.gains.keys())
        gains = [one for place in places for one in self.gains[place]]
        return gains, [one for place in places for one in self.loses[place]]


def redefined(worlds: Worlds) -> Redefined:
    """Of what is looked at only since a grant came, or no longer, nothing is told: the grant is."""
    keys: set[GrantKey] = set()
    gains: dict[_Place, tuple[Witness, ...]] = {}
    loses: dict[_Place, tuple[Witness, ...]] = {}
    for address in worlds.touched:
        key = GrantKey.of_everybody(address.key) if address.type == DEFINITION else None
        old, new = worlds.before.get(address), worlds.after.get(address)
        if key is not None and old is not None and new is not None:
            keys.add(key)
            gains[place_of(key)], loses[place_of(key)] = tuple(_told(key, old, new)), tuple(_told(key, new, old))
    return Redefined(frozenset(keys), gains, loses)


def _place(one: Privilege) -> _Place:
    return (str(Kind.TABLE) if one.kind == Kind.COLUMN else one.kind, one.schema, one.name)


def _told(key: GrantKey, old: Resource, new: Resource) -> Iterator[Witness]:
    """What ``new`` may give that ``old`` didn't."""
    before, after = old.attributes, new.attributes
    if key.kind == Kind.FUNCTION:
        if after.get("security") == "definer":
            changed = ", ".join(_changed(before, after))
            note = f"it runs as its owner {after.get('owner')}; changed: {changed}"
            yield Witness(f"what function {key.object} does", certain=False, note=note)
        return
    was, now = (_SECURED.get(side.get(_ROW_SECURITY), 0) for side in (before, after))
    if now < was:
        note = f"row level security is {after.get(_ROW_SECURITY)}, not {before.get(_ROW_SECURITY)}"
        yield Witness(f"rows of {key.object} that were kept back", certain=False, note=note)
    # Where it is off on both sides, policies say nothing.
    idle = frozenset({_ROW_SECURITY}) if was or now else frozenset({_ROW_SECURITY, "policies"})
    if changed := ", ".join(_changed(before, after, idle)):
        yield Witness(f"what {key.object} shows", certain=False, note=f"changed: {changed}")


def _changed(
    before: Mapping[str, Value], after: Mapping[str, Value], idle: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The attributes that differ, and of those that are many things, which."""
    for name in sorted((before.keys() | after.keys()) - idle):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        word = _WORDS.get(name, name)
        if isinstance(old or {}, Mapping) and isinstance(new or {}, Mapping):
            yield f"{word} {', '.join(_entries(old, new))}"
        else:
            yield word


def _entries(old: Value, new: Value) -> list[str]:
    one, two = (dict(side) if isinstance(side, Mapping) else {} for side in (old, new))
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def of_minter(worlds: Worlds) -> Iterator[AccessChange]:
    """What the login came to that makes others."""
    for address in sorted(worlds.touched):
        old, new = worlds.before.get(address), worlds.after.get(address)
        if address.type == MINTER and old is not None and new is not None:
            gains, loses = list(_more(address.key, new, old)), list(_more(address.key, old, new))
            yield AccessChange(address, Aspect.REACH, compared(gains, loses))


def _more(name: str, one: Resource, other: Resource) -> Iterator[Witness]:
    if "SUPERUSER" in _texts(other.attributes.get("attributes")):
        return  # which is all of it
    note = "for whoever may write a role of the engine that mints logins with it"
    forms = {"attributes": "{}", "roles": "the privileges of {}", "holds": "rights on {}"}
    for attribute, form in forms.items():
        theirs = _texts(other.attributes.get(attribute))
        for text in _texts(one.attributes.get(attribute)):
            if text not in theirs:
                yield Witness(f"{form.format(text)} as {name}", certain=attribute != "holds", note=note)


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
