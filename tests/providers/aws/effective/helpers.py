"""Policies in few words, and a comparison whose witnesses are checked once more."""

from __future__ import annotations

import re
from typing import Any

from providers.aws.effective.compare import compare
from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal
from reconciler.access import Comparison

BUCKETS = "arn:aws:s3:::"


def statement(
    action: str | list[str] = "s3:GetObject",
    resource: str | list[str] = "orders/*",
    *,
    effect: str = "Allow",
    **more: Any,
) -> dict[str, Any]:
    """A statement; resources without a scheme are in S3. ``Condition``, ``NotAction``, … take the place of theirs."""
    found = {"Effect": effect, "Action": action, "Resource": resource} | more
    for name in ("Action", "Resource"):
        if f"Not{name}" in found:
            del found[name]
    for name in ("Resource", "NotResource"):
        if name in found:
            found[name] = [arn(one) for one in ([found[name]] if isinstance(found[name], str) else found[name])]
    return found


def deny(*args: Any, **more: Any) -> dict[str, Any]:
    """A statement that denies."""
    return statement(*args, effect="Deny", **more)


def arn(resource: str) -> str:
    """In full."""
    return resource if resource.startswith(("arn:", "*", "?", "${", "#")) else f"{BUCKETS}{resource}"


def when(operator: str, key: str, *values: str, **more: Any) -> dict[str, Any]:
    """The usual statement under one condition."""
    return statement(Condition={operator: {key: list(values)}}, **more)


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    """A document with these statements."""
    return Policy.of({"Version": version, "Statement": list(statements)})


def principal(*statements: dict[str, Any], **more: Any) -> Principal:
    """A principal with one policy."""
    return Principal((policy(*statements),), **more)


def both_ways(old: Principal | None, new: Principal | None) -> Comparison:
    """The comparison, after the opposite question has been found to give the opposite answer."""
    there, back = compare(old, new), compare(new, old)
    opposite = {"equal": {"equal"}, "narrows": {"widens", "may-widen"}, "widens": {"narrows"}}
    if there.verdict in opposite:
        assert back.verdict in opposite[there.verdict], (there, back)
    assert there.gains == back.loses
    assert there.loses == back.gains
    return there


def short(request: str) -> str:
    """Without the beginning of bucket ARNs."""
    return re.sub(BUCKETS, "", request)
