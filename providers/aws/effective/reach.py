"""Which roles may make a request that a guardrail forbids: each role composed, decided by the algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from providers.aws.effective.compare import reaches
from providers.aws.effective.document import DocumentError, Policy, Statement
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.tagged import settled
from providers.aws.effective.world import Role, World, parsed
from providers.aws.glob import meet, parse
from providers.aws.naming import ROLE
from reconciler.access import Witness
from reconciler.model import Address, Reach, Resource

_Patterns = tuple[str, ...]


def reached(objects: Mapping[Address, Resource], actions: _Patterns, resources: _Patterns) -> Iterator[Reach]:
    """Roles that may do one of the actions on one of the resources.

    An attached policy whose text isn't known may allow anything; a boundary whose text isn't known may let it all
    through.
    """
    world = World(objects)
    for address in objects:
        role = world.role(address) if address.type == ROLE else None
        if role is None:
            continue
        witness = witness_of(role, world.managed, actions, resources)
        if witness is not None:
            yield Reach(address, witness)


def witness_of(role: Role, managed: Mapping[str, str], actions: _Patterns, resources: _Patterns) -> Witness | None:
    """A request of a role's that may pass; None if none does."""
    unknown = sorted(role.attached - managed.keys())
    if unknown:
        return _undecided(actions, resources, f"{unknown[0]} can't be read")
    texts = (*sorted(role.inline), *(managed[arn] for arn in sorted(role.attached)))
    boundary = managed.get(role.boundary, "") if role.boundary else ""
    try:
        found = _decided(texts, boundary, role.session_tags((*texts, boundary)), actions, resources)
    except DocumentError as problem:
        return _undecided(actions, resources, str(problem))
    if found is None or not role.boundary or boundary:
        return found
    return replace(found, certain=False, note=f"unless the boundary {role.boundary} keeps it out")


def _undecided(actions: _Patterns, resources: _Patterns, why: str) -> Witness:
    return Witness(f"{actions[0]} on {resources[0]}", certain=False, note=why)


@lru_cache(maxsize=32_768)
def _decided(
    texts: _Patterns, boundary: str, tags: frozenset[tuple[str, str]] | None, actions: _Patterns, resources: _Patterns
) -> Witness | None:
    """Equal documents are decided once. ``tags`` if they matter, and are known. Raises DocumentError."""

    def of(text: str) -> Policy:
        return parsed(text) if tags is None else settled(parsed(text), dict(tags))

    policies = tuple(of(text) for text in texts)
    statements = (one for policy in policies for one in policy.statements if one.allows)
    if not any(_may(one, actions, resources) for one in statements):
        return None
    return reaches(Principal(policies, (of(boundary),) if boundary else None), actions, resources)


def _may(statement: Statement, actions: _Patterns, resources: _Patterns) -> bool:
    """Whether an Allow isn't plainly about something else: quick, for the many that are."""
    if not statement.actions.negated and not _meets(statement.actions.values, actions, action=True):
        return False
    found = statement.resources
    return found is None or found.negated or _meets(found.values, resources, action=False)


@lru_cache(maxsize=32_768)
def _meets(some: _Patterns, others: _Patterns, *, action: bool) -> bool:
    return any(
        meet(parse(one, variables=not action), parse(two, variables=False), ignore_case=action) is not None
        for one in some
        for two in others
    )
