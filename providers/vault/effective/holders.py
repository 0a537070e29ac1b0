"""What somebody outside the scope may do by something of Writ's: by its policies, by logins in roles of its."""

from __future__ import annotations

from collections.abc import Iterator

from providers.vault.effective.compare import compare
from providers.vault.effective.values import Policy, PolicyError
from providers.vault.effective.world import NotKnown, World, parsed
from providers.vault.names import HOLDER, POLICY
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import AccessChange, Aspect, Resource, Value, Worlds


def changes(worlds: Worlds, before: World, after: World) -> Iterator[AccessChange]:
    """A row for each holder that is touched, or one of whose policies is."""
    touched = {address.key.lower() for address in worlds.touched if address.type == POLICY}
    every = {address for side in (worlds.before, worlds.after) for address in side if address.type == HOLDER}
    for address in sorted(every):
        old, new = worlds.before.get(address), worlds.after.get(address)
        if address in worlds.touched or touched & {*before.given(old), *after.given(new)}:
            found = _reach(old, new, before, after)
            if found.gains or found.loses or found.verdict is not Verdict.EQUAL:
                yield AccessChange(address, Aspect.REACH, found)


def _reach(old: Resource | None, new: Resource | None, before: World, after: World) -> Comparison:
    gains, loses = list(_logins(new, old)), list(_logins(old, new))
    try:
        found = compare(_policies(old, before), _policies(new, after))
    except (NotKnown, PolicyError) as why:
        return Comparison(Verdict.UNKNOWN, tuple(gains), tuple(loses), (str(why),))
    unknown = found.verdict is Verdict.UNKNOWN
    return compared([*found.gains, *gains], [*found.loses, *loses], found.notes, undecided=unknown)


def _policies(holder: Resource | None, world: World) -> list[Policy]:
    return [parsed(*one) for one in world.texts(world.given(holder))]


def _logins(one: Resource | None, other: Resource | None) -> Iterator[Witness]:
    """Logins that ``one`` makes and ``other`` doesn't."""
    if one is None:
        return
    theirs = _texts(other.attributes.get("roles")) if other else []
    named = [role for role in _texts(one.attributes.get("roles")) if role not in theirs]
    if named:
        path = str(one.attributes["path"]).replace("/roles/", "/creds/").replace("/static-roles/", "/static-creds/")
        note = f"its statements name {', '.join(named)}"
        yield Witness(f"a database login by {path}", certain=False, note=note)


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
