"""Two policy files of AWS: identity and resource policies by what they allow, trust policies by whom they admit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from providers.aws.effective.compare import compare, compare_resource, compare_trust
from providers.aws.effective.document import DocumentError, Kind, Policy
from providers.aws.effective.evaluator import Principal
from reconciler.access import Comparison
from reconciler.provider import PolicyFileError, PolicyFiles


class AwsPolicyFiles(PolicyFiles):
    """IAM JSON policies. Both must be of one kind, which their elements tell."""

    kind: ClassVar[str] = "AWS IAM policy"

    def recognises(self, text: str) -> bool:
        """A JSON object with statements."""
        return "Statement" in _object(text)

    def compare(self, old: str, new: str) -> Comparison:
        """By the algebra of IAM."""
        kind = _common(_kind(old), _kind(new))
        before, after = _parsed("old", old, kind), _parsed("new", new, kind)
        if kind is Kind.IDENTITY:
            return compare(Principal((before,)), Principal((after,)))
        return compare_trust(before, after) if kind is Kind.TRUST else compare_resource(before, after)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kind(text: str) -> Kind | None:
    """None if it has no statement, and so may be of any."""
    found = _object(text).get("Statement")
    rows = [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, Mapping)]
    if not rows:
        return None
    if not any(name in row for row in rows for name in ("Principal", "NotPrincipal")):
        return Kind.IDENTITY
    if any(name in row for row in rows for name in ("Resource", "NotResource")):
        return Kind.RESOURCE
    # A repository's policy in ECR, too, names no resource.
    return Kind.TRUST if all(map(_assumes, rows)) else Kind.RESOURCE


def _assumes(row: Mapping[str, Any]) -> bool:
    found = row.get("Action")
    actions = found if isinstance(found, list) else [found]
    return all(isinstance(one, str) and one.lower().startswith("sts:") for one in actions)


def _common(old: Kind | None, new: Kind | None) -> Kind:
    kinds = {kind for kind in (old, new) if kind is not None}
    if len(kinds) > 1:
        message = f"it is {_told(new)}, and the old one {_told(old)}: there is nothing to compare"
        raise PolicyFileError("new", message, help="give two of one kind")
    return kinds.pop() if kinds else Kind.IDENTITY


def _told(kind: Kind | None) -> str:
    return {
        Kind.IDENTITY: "an identity policy (it names no principal)",
        Kind.TRUST: "a role's trust policy (it names principals, and no resource)",
        Kind.RESOURCE: "a resource policy (it names principals beside what it is about)",
    }[kind or Kind.IDENTITY]


def _parsed(which: str, text: str, kind: Kind) -> Policy:
    try:
        return Policy.parse(text, kind)
    except DocumentError as wrong:
        raise PolicyFileError(which, str(wrong), path=wrong.path) from None
