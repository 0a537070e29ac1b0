"""Who may become a role, by its trust policy: whom it names, and whether that is more than some workloads.

Source: IAM's "AWS JSON policy elements: Principal" and "Create a role for OpenID Connect federation".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from providers.aws.effective.compare import compare_trust
from providers.aws.effective.document import Condition, DocumentError, Kind, Statement
from providers.aws.effective.world import parsed
from reconciler.model import Side, Width, Witness

_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?")
_SUBJECT = ":sub"
_EXACT = frozenset({"stringequals", "foranyvalue:stringequals"})
_LIKE = frozenset({"stringlike", "foranyvalue:stringlike"})


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trust policy comes to."""

    users: tuple[str, ...] = ()
    """Each that it names, with an OIDC provider's each subject."""
    widths: tuple[Width, ...] = ()
    note: str = ""
    """Why it isn't understood."""


@lru_cache(maxsize=4096)
def trust_of(text: str) -> Trust:
    """Of a document in normal form."""
    try:
        policy = parsed(text, Kind.TRUST)
    except DocumentError as wrong:
        return Trust(note=f"the trust policy isn't understood: {wrong}")
    allowing = [one for one in policy.statements if one.allows]
    users = dict.fromkeys(user for one in allowing for user in _users(one))
    wide = [why for one in allowing for why in _wide(one)]
    # A Deny may take it all away: then nobody gets in.
    if not wide or not (gains := compare_trust(None, policy).gains):
        return Trust(tuple(users))
    open_to_all = next((one for one in wide if one.certain), wide[0])
    example = next((one.request for one in gains), "")
    note = "; ".join(filter(None, (open_to_all.note, f"such as {example}" if example else "")))
    return Trust(tuple(users), (Width(Side.TRUST, Witness(open_to_all.request, open_to_all.certain, note)),))


def _users(statement: Statement) -> Iterator[str]:
    if statement.principals is None or statement.principals.negated:
        return
    subjects = [value for one in _subjects(statement) for value in one.values]
    for kind, name in statement.principals.values:
        if kind == "Federated" and subjects:
            yield from (f"{value} of {name}" for value in subjects)
        else:
            yield name


def _wide(statement: Statement) -> Iterator[Witness]:
    principals = statement.principals
    if principals is None:
        return
    if principals.negated:
        yield Witness("assumed by all but those that NotPrincipal names")
        return
    for kind, name in principals.values:
        if kind == "Federated":
            yield from _federated(name, statement)
        elif name == "*":
            certain, note = not statement.conditions, "; ".join(one.text for one in statement.conditions)
            yield Witness("assumed by any principal of any account", certain, f"if {note}" if note else "")
        elif kind == "AWS" and (found := _ACCOUNT.fullmatch(name)) and not statement.conditions:
            yield Witness(f"assumed by any principal of account {found[1]} that its own policies let")


def _federated(provider: str, statement: Statement) -> Iterator[Witness]:
    """Tokens of an OIDC provider are told apart by their subject alone. SAML's attributes aren't judged."""
    if ":saml-provider/" in provider:
        return
    named = _subjects(statement)
    issuer = provider.partition(":oidc-provider/")[2] or provider
    if not named:
        yield Witness(f"assumed with a token of any subject of {issuer}", note="no condition on its sub")
    patterns = [value for one in named if one.operator.lower() in _LIKE for value in one.values]
    # Conditions are met together: one exact subject is enough.
    if not any(one.operator.lower() in _EXACT for one in named):
        yield from (
            Witness(f"assumed with a token of any subject like {value} of {issuer}")
            for value in patterns
            if "*" in value or "?" in value
        )


def _subjects(statement: Statement) -> list[Condition]:
    """Conditions that a token's subject must meet."""
    return [
        one
        for one in statement.conditions
        if one.key.lower().endswith(_SUBJECT) and one.operator.lower() in _EXACT | _LIKE
    ]
