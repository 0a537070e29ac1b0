"""Two policy files of AWS: identity policies by what they allow, trust policies by whom they admit."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from providers.aws.effective.compare import compare, compare_trust
from providers.aws.effective.document import DocumentError, Policy
from providers.aws.effective.evaluator import Principal
from reconciler.access import Comparison
from reconciler.provider import PolicyFileError, PolicyFiles

_TRUSTING = ("Principal", "NotPrincipal")


class AwsPolicyFiles(PolicyFiles):
    """IAM JSON policies. Both must be of one sort: a trust policy names principals, an identity policy none."""

    kind: ClassVar[str] = "AWS IAM policy"

    def recognises(self, text: str) -> bool:
        """A JSON object with statements."""
        return "Statement" in _object(text)

    def compare(self, old: str, new: str) -> Comparison:
        """By the algebra of IAM."""
        trusting = {_trusts(text) for text in (old, new)}
        if len(trusting) > 1:
            raise PolicyFileError("new", "one is a trust policy and the other is not: there is nothing to compare")
        trust = trusting.pop()
        before, after = _parsed("old", old, trust=trust), _parsed("new", new, trust=trust)
        return compare_trust(before, after) if trust else compare(Principal((before,)), Principal((after,)))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _trusts(text: str) -> bool:
    statements = _object(text).get("Statement")
    rows = statements if isinstance(statements, list) else [statements]
    return any(name in row for row in rows if isinstance(row, dict) for name in _TRUSTING)


def _parsed(which: str, text: str, *, trust: bool) -> Policy:
    try:
        return Policy.parse(text, trust=trust)
    except DocumentError as wrong:
        raise PolicyFileError(which, str(wrong), path=wrong.path) from None
