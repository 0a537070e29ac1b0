"""All steps in one world of a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.vault.effective.world import Surroundings, World
from providers.vault.escalation.aws import engine_steps, from_elsewhere
from providers.vault.escalation.databases import Databases
from providers.vault.escalation.mappings import mapped
from providers.vault.escalation.powers import Powers
from providers.vault.escalation.shared import shared
from providers.vault.escalation.token import Grounds, Token
from providers.vault.names import JWT_ROLE
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Kind, Resource, Spot, Step
from reconciler.provider import Scope


def steps(scope: Scope[VaultSettings], objects: Mapping[Address, Resource], surroundings: object) -> Iterator[Step]:
    """Of each login, and of whoever administers the server."""
    around = surroundings if isinstance(surroundings, Surroundings) else Surroundings(complete=surroundings is None)
    world = World(objects, around)
    grounds = Grounds.of(objects, world)
    databases = Databases.of(objects, grounds, scope.login_targets)
    found = (Token.of(address, world) for address in objects if address.type == JWT_ROLE)
    tokens = {token.role: token for token in found if token is not None}
    engines = {*(place.mount for place in databases.places), *scope.settings.database_mounts}
    for role, token in tokens.items():
        entity = world.entity_of(role)
        siblings = world.roles_by_entity.get(entity, ()) if entity else ()
        yield from Powers(token, grounds, tuple(tokens[one] for one in siblings if one in tokens)).steps()
        yield from databases.steps(token)
        yield from engine_steps(token, grounds, engines)
    yield from shared(objects)
    yield from mapped(objects, tokens)
    yield from from_elsewhere(scope.system)
    for place in databases.places:
        how = f"write a role for {place.mount}/config/{place.connection}, and read its creds"
        yield Step((Spot(Kind.ADMINISTRATOR, scope.system),), place.minter, how)
