"""What the rules of one path string add up to over all of a token's policies (vault/acl.go, NewACL)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from providers.vault.effective.values import Condition, Parameters, Rule, Scalar


@dataclass(frozen=True, slots=True)
class Permissions:
    """The union; without capabilities where one of the rules denies."""

    capabilities: frozenset[str] = frozenset()
    allowed: Parameters = ()
    denied: Parameters = ()
    required: frozenset[str] = frozenset()
    min_wrapping_ttl: int = 0
    max_wrapping_ttl: int = 0
    conditions: frozenset[Condition] = frozenset()
    """What a request has to meet besides."""
    opaque: tuple[Condition, ...] = ()
    """What has to be the same for the outcome to be known to be the same."""
    ambiguous: bool = field(default=False, compare=False)
    """One rule has a control group, another has none or a different one: which holds depends on the server."""

    def grants(self, capability: str) -> bool:
        """Whether some request of that kind may pass."""
        return capability in self.capabilities

    def unrestricted(self, capability: str) -> bool:
        """Whether every request of that kind passes for certain."""
        plain = not (self.allowed or self.denied or self.required or self.min_wrapping_ttl or self.max_wrapping_ttl)
        return self.grants(capability) and plain and not self.hangs(capability)

    def hangs(self, capability: str) -> bool:
        """Whether a request of that kind hangs on something that isn't modelled."""
        return any(one.concerns(capability) for one in (*self.conditions, *self.opaque))


def united(rules: Iterable[Rule]) -> Permissions:
    """Permissions of rules with the same path, in the order of the token's policies."""
    found = list(rules)
    if any(rule.denies for rule in found):
        return Permissions()
    groups = {rule.control_group for rule in found}
    plain = frozenset[Condition]().union(*(rule.conditions for rule in found))
    controlled = frozenset(Condition(text) for text in groups if text)
    return Permissions(
        frozenset[str]().union(*(rule.capabilities for rule in found)),
        _together(rule.allowed for rule in found),
        _together(rule.denied for rule in found),
        frozenset[str]().union(*(rule.required for rule in found)),
        min((rule.min_wrapping_ttl for rule in found if rule.min_wrapping_ttl), default=0),
        min((rule.max_wrapping_ttl for rule in found if rule.max_wrapping_ttl), default=0),
        plain | controlled,
        (*(one for rule in found for one in rule.opaque), *_disagreement(found, groups)),
        ambiguous=len(groups) > 1,
    )


def _disagreement(rules: list[Rule], groups: set[str]) -> tuple[Condition, ...]:
    """Servers differ on which control group holds, and the order matters to some."""
    if len(groups) == 1:
        return ()
    return tuple(Condition(f"{place}. {rule.control_group or 'no control_group'}") for place, rule in enumerate(rules))


def _together(lists: Iterable[Parameters]) -> Parameters:
    """An empty list is any value, and stays so."""
    found: dict[str, tuple[Scalar, ...]] = {}
    for parameters in lists:
        for name, values in parameters:
            known = found.get(name)
            both = tuple(dict.fromkeys((*(known or ()), *values)))
            found[name] = both if values and known != () else ()
    return tuple(sorted(found.items()))
