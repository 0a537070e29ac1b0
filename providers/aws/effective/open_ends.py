"""What IAM's documentation leaves open, as conditions that may hold or not, one and the same wherever they stand.

The comparison and the evaluator know them by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from providers.aws.effective.document import Condition

_ACCOUNT = re.compile(r"(\d{12})|arn:[a-z-]+:(?:iam|sts)::(\d{12}):.+")
_ROOT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")
_UNSET = "UnsetVariable"
"""No operator that policies can write."""


def account_of(name: str) -> str:
    """The account that an AWS principal is, or is in; empty if that isn't said."""
    found = _ACCOUNT.fullmatch(name)
    return (found[1] or found[2]) if found else ""


def in_part(names: Iterable[str]) -> str:
    """That a NotPrincipal means those whom it names in part. ``names``: all that it names of one account."""
    short = {found[1] if (found := _ROOT.fullmatch(name)) else name for name in names}
    return f"NotPrincipal {', '.join(sorted(short))}, for whom it names in part,"


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
