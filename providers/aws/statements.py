"""The two documents of a role: whom it trusts, and what it allows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from providers.aws.access import AwsAccess, Statement
from providers.aws.document import VERSION, canonical
from providers.aws.issuers import IssuerPlace
from providers.aws.settings import AwsSettings
from specs.diagnostic import Diagnostic, error
from specs.source import Located

_SUBJECT = "\0"
"""Stands for the subject in an issuer's document: no subject holds it."""


def trust_of(place: IssuerPlace, subject: str) -> str:
    """Exactly this issuer's subject and audience, compared with StringEquals."""
    before, after = _around_subject(place.arn, place.key, place.audience)
    return f"{before}{json.dumps(_literal(subject))}{after}"


@lru_cache(maxsize=64)
def _around_subject(arn: str, key: str, audience: str) -> tuple[str, str]:
    """The document of an issuer before and after the subject: it is the same for all of its agents."""
    text = canonical(
        {
            "Version": VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": arn},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{key}:aud": _literal(audience), f"{key}:sub": _SUBJECT}},
                }
            ],
        }
    )
    before, _, after = text.partition(json.dumps(_SUBJECT))
    return before, after


def policy_of(settings: AwsSettings, access: Sequence[Located[AwsAccess]]) -> tuple[str, tuple[Diagnostic, ...]]:
    """One inline policy of all blocks of an intent, and what is wrong with it."""
    statements = [_statement(statement) for block in access for statement in block.value.statements]
    return canonical({"Version": VERSION, "Statement": statements}), tuple(_problems(settings, access))


def _statement(statement: Statement) -> dict[str, object]:
    document: dict[str, object] = {
        "Effect": "Allow",
        "Action": statement.actions,
        "Resource": statement.resources,
    }
    if statement.conditions:
        document["Condition"] = statement.conditions
    if statement.sid:
        document["Sid"] = statement.sid
    return document


def _literal(text: str) -> str:
    """The text with a policy variable's beginning taken literally: StringEquals fills variables in."""
    return text.replace("${", "${$}{")


def _problems(settings: AwsSettings, access: Sequence[Located[AwsAccess]]) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for block in access:
        for index, statement in enumerate(block.value.statements):
            if statement.sid and statement.sid in seen:
                message = f"sid {statement.sid} is used twice in one intent"
                span = block.span("statements", index, "sid")
                yield error("W435", message, help="leave it out, or choose another", span=span)
            seen.add(statement.sid)
            yield from _other_partitions(settings, block, index, statement)


def _other_partitions(
    settings: AwsSettings, block: Located[AwsAccess], index: int, statement: Statement
) -> Iterator[Diagnostic]:
    for position, resource in enumerate(statement.resources):
        if resource != "*" and resource.split(":", 2)[1] != settings.partition:
            message = f"{resource} is not in partition {settings.partition}"
            span = block.span("statements", index, "resources", position)
            yield error("W433", message, help=f"write arn:{settings.partition}:…", span=span)
