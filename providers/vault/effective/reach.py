"""Which logins may make a request that a guardrail forbids: each by its whole set of policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from providers.vault.effective.compare import reaches
from providers.vault.effective.filled import Known, filled
from providers.vault.effective.values import LISTING, ROOT, Policy, PolicyError, Rule
from providers.vault.effective.world import NotKnown, Surroundings, World, parsed
from providers.vault.names import JWT_ROLE
from reconciler.access import Witness
from reconciler.model import Address, Reach, Resource

RETURN_TOKEN = "auth/token/revoke-self"  # noqa: S105
"""Every agent may hand its own token back, which no guardrail means."""
_Texts = tuple[tuple[str, str, str], ...]


def reached(
    objects: Mapping[Address, Resource], paths: tuple[str, ...], capabilities: tuple[str, ...], surroundings: object
) -> Iterator[Reach]:
    """JWT roles whose tokens may use one of the capabilities on one of the paths."""
    around = surroundings if isinstance(surroundings, Surroundings) else Surroundings()
    world = World(objects, around)
    for address in objects:
        if address.type == JWT_ROLE:
            witness = _witness(world, address, paths, capabilities)
            if witness is not None:
                yield Reach(address, witness)


def _witness(world: World, role: Address, paths: tuple[str, ...], capabilities: tuple[str, ...]) -> Witness | None:
    try:
        names = world.names(role)
        texts = () if names is None else world.texts(names)
        known = world.known(role) if any("{{" in text for _, text, _ in texts) else ()
        found = (_decided(texts, known, path, capabilities) for path in paths)
        return next((one for one in found if one is not None), None)
    except (NotKnown, PolicyError) as why:
        return Witness(f"{capabilities[0]} {paths[0]}", certain=False, note=str(why))


@lru_cache(maxsize=32_768)
def _decided(texts: _Texts, known: Known, path: str, capabilities: tuple[str, ...]) -> Witness | None:
    """Equal sets of policies are decided once. Raises PolicyError."""
    policies = [_without_return(filled(parsed(*one), known)) for one in texts]
    if not any(_may(rule, path) for policy in policies for rule in policy.rules) and not _root(policies):
        return None
    return reaches(policies, path, capabilities)


def _root(policies: list[Policy]) -> bool:
    return any(policy.name == ROOT for policy in policies)


def _without_return(policy: Policy) -> Policy:
    rules = tuple(one for one in policy.rules if one.path != RETURN_TOKEN or one.capabilities != {"update"})
    return policy if len(rules) == len(policy.rules) else replace(policy, rules=rules)


def _may(rule: Rule, path: str) -> bool:
    """Whether a rule isn't plainly about other paths: quick, for the many that are."""
    one, two = _fixed(rule.path), _fixed(path.removeprefix("/"))
    if LISTING & rule.capabilities:
        one, two = one.rstrip("/"), two.rstrip("/")
    return one.startswith(two) or two.startswith(one)


@lru_cache(maxsize=32_768)
def _fixed(path: str) -> str:
    """What every path of a pattern begins with."""
    return path[: min(at for sign in ("*", "+", "{{", "}}", "") if (at := path.find(sign) if sign else len(path)) >= 0)]
