"""What IAM's documentation leaves open, as conditions that may hold or not, one and the same wherever they stand.

The comparison and the evaluator know them by name.
"""

from __future__ import annotations

from providers.aws.effective.document import Condition, Principals

_UNSET = "UnsetVariable"
"""No operator that policies can write."""


def in_part(principals: Principals) -> str:
    """That a NotPrincipal means those whom it names in part."""
    return f"NotPrincipal {', '.join(sorted(name for _, name in principals.values))}, for whom it names in part,"


def unset(key: str) -> Condition:
    """That negations hold which speak of a variable whose key has no text."""
    return Condition(_UNSET, key, ())


def told(name: str, *, holds: bool) -> str:
    """For people: what is taken for granted. ``name``: of any condition that isn't modelled."""
    operator, _, rest = name.partition(" ")
    how = "holds" if holds else "does not hold"
    if operator == _UNSET.lower():
        return f"if a statement with ${{{rest.partition(' ')[0]}}} {how} where that has no text"
    return f"if the condition {name} {how}"
