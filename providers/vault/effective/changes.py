"""What a change of a server's objects does to each login: its whole set of policies, compared by the server's rules."""

from __future__ import annotations

from collections.abc import Iterator

from providers.vault.effective import holders, logins, minting
from providers.vault.effective.compare import compare
from providers.vault.effective.values import PolicyError
from providers.vault.effective.world import NotKnown, Surroundings, World
from providers.vault.names import (
    ALIAS,
    ENTITY,
    GROUP_MEMBER,
    JWT_BACKEND,
    JWT_ROLE,
    POLICY,
    split_last,
)
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Resource, Value, Worlds

_KEYS = (
    "bound_issuer",
    "jwks_url",
    "jwks_ca_pem",
    "oidc_discovery_url",
    "oidc_discovery_ca_pem",
    "jwt_validation_pubkeys",
    "jwt_supported_algs",
    "override_allowed_server_names",
    "provider_config",
    "other_fields",
)
"""Whose signatures a mount believes."""
_LIFE = ("default_lease_ttl", "max_lease_ttl")


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each JWT role, auth mount, alias and database login, and each aspect of it, that the change touches."""
    around = worlds.surroundings if isinstance(worlds.surroundings, Surroundings) else Surroundings()
    before, after = World(worlds.before, around), World(worlds.after, around)
    for role in sorted(_roles(worlds, before, after)):
        yield from _of_role(role, before, after)
    for address in sorted(worlds.touched):
        old, new = worlds.before.get(address), worlds.after.get(address)
        if address.type == JWT_BACKEND:
            yield from _of_mount(address, old, new)
        elif address.type == ALIAS:
            yield from _of_alias(address, old, new)
    yield from minting.changes(worlds)
    yield from holders.changes(worlds, before, after)


def _roles(worlds: Worlds, before: World, after: World) -> Iterator[Address]:
    """The JWT roles that a touched object bears on."""
    found: set[Address] = set()
    for address in worlds.touched:
        if address.type == JWT_ROLE:
            found.add(address)
        for world in (before, after):
            if address.type == POLICY:
                found.update(world.roles_by_policy.get(address.key.lower(), ()))
            for entity in _entities(address, world):
                found.update(world.roles_by_entity.get(entity, ()))
    yield from found


def _entities(address: Address, world: World) -> Iterator[str]:
    if address.type == ENTITY:
        yield address.key
    elif address.type in (ALIAS, GROUP_MEMBER) and address in world.objects:
        yield str(world.objects[address].attributes["entity"])


def _of_role(role: Address, before: World, after: World) -> Iterator[AccessChange]:
    old, new = (world.objects.get(role) for world in (before, after))
    reach = _reach(role, before, after)
    if reach is not None:
        yield AccessChange(role, Aspect.REACH, reach)
    mount, _ = split_last(role.key)
    trust = logins.trust(mount, old.attributes if old else None, new.attributes if new else None)
    if trust is not None:
        yield AccessChange(role, Aspect.TRUST, trust)
    time = logins.lifetime(old.attributes, new.attributes) if old and new else None
    if time is not None:
        yield AccessChange(role, Aspect.LIFETIME, time)


def _reach(role: Address, before: World, after: World) -> Comparison | None:
    """None where not even a text differs, nor what a template in it stands for."""
    try:
        old, new = before.policies(role) or (), after.policies(role) or ()
        return None if old == new and _texts(role, before) == _texts(role, after) else compare(old, new)
    except NotKnown as why:
        return Comparison(Verdict.UNKNOWN, notes=(str(why),))
    except PolicyError as wrong:
        return Comparison(Verdict.UNKNOWN, notes=(f"a policy isn't understood: {wrong}",))


def _texts(role: Address, world: World) -> tuple[tuple[str, str, str], ...]:
    names = world.names(role)
    return () if names is None else world.texts(names)


def _of_mount(address: Address, old: Resource | None, new: Resource | None) -> Iterator[AccessChange]:
    """Whose tokens the mount believes. Which of them get something is told of at its roles."""
    gains, loses = (_believed(address, one, other) for one, other in ((new, old), (old, new)))
    if gains or loses:
        yield AccessChange(address, Aspect.TRUST, compared(gains, loses))
    if old is not None and new is not None:
        changed = [name for name in _LIFE if old.attributes.get(name) != new.attributes.get(name)]
        longer = [_limit(name, new) for name in changed if _may_be_longer(name, new, old)]
        shorter = [_limit(name, old) for name in changed if _may_be_longer(name, old, new)]
        if longer or shorter:
            yield AccessChange(address, Aspect.LIFETIME, compared(longer, shorter))


def _believed(address: Address, one: Resource | None, other: Resource | None) -> list[Witness]:
    """What ``one`` believes and ``other`` doesn't."""
    if one is None:
        return []
    if other is None:
        # Of a mount that was moved only the place is known.
        issuer = _issuer(one)
        return [Witness(f"log in at auth/{address.key} with tokens of {issuer or 'any issuer'}", certain=bool(issuer))]
    changed = [name for name in _KEYS if one.attributes.get(name) != other.attributes.get(name)]
    return [
        Witness(f"log in at auth/{address.key} by {name} {_short(one.attributes.get(name))}", certain=False)
        for name in changed
    ]


def _issuer(mount: Resource) -> str:
    values = mount.attributes
    return str(values.get("bound_issuer") or values.get("jwks_url") or values.get("oidc_discovery_url") or "")


def _limit(name: str, mount: Resource) -> Witness:
    return Witness(f"{name} of {mount.attributes.get(name)} s", certain=False, note="where the role sets no limit")


def _may_be_longer(name: str, one: Resource, other: Resource) -> bool:
    # 0 is the server's own limit, which isn't known here.
    here, there = (_number(mount.attributes.get(name)) for mount in (one, other))
    return not here or not there or here > there


def _of_alias(address: Address, old: Resource | None, new: Resource | None) -> Iterator[AccessChange]:
    """Under whose name a login runs. Alone it gives nothing: a role does, and is told of there."""
    was, now = (str(one.attributes["entity"]) if one else "" for one in (old, new))
    if was != now:
        gains = [Witness(f"be entity {now} when logged in as {address.key}", certain=False)] if now else []
        loses = [Witness(f"be entity {was} when logged in as {address.key}", certain=False)] if was else []
        yield AccessChange(address, Aspect.TRUST, compared(gains, loses))


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _short(value: Value) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
