"""How actions, resources and ARNs are written (IAM JSON policy elements reference), and what is refused."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from providers.aws.glob import meet, parse
from specs.base import spec_error, spelled

FIRST_REGION = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
"""Partition → the region whose STS answers where nobody names one. IAM has one endpoint to a partition."""
PARTITIONS = tuple(FIRST_REGION)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_ACTION_PATTERN = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")
VARIABLE = re.compile(r"\$\{[^{}]*\}")
_ACCOUNT = re.compile(r"|aws|[0-9]{12}|[0-9*?v]*[*?v][0-9*?v]*")
_REGION = re.compile(r"[a-z0-9*?v-]*")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[!-~]+")
_POLICY_ARN = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[!-~]+")
_ACTION_HELP = "write service:Action, such as s3:GetObject or s3:Get*"
_ARN_HELP = "write a full ARN, such as arn:aws:s3:::bucket/key, or *"
_NEVER_HELP = "write an ARN with wildcards, such as arn:aws:s3:::secret/*, or *secret/*"
_LONGEST = 2048


def check_action(text: str) -> str:
    """An action of a statement: ``service:Action``; the action may hold wildcards, the service may not."""
    if "*" in text.partition(":")[0] or "?" in text.partition(":")[0]:
        raise spec_error("W432", f"action {text!r} is too wide: the service must be named", _ACTION_HELP)
    if not _ACTION.fullmatch(text):
        raise spec_error("W432", f"{text!r} is not an action", _ACTION_HELP)
    return text


def check_action_pattern(text: str) -> str:
    """An action of a ``never``: wildcards anywhere, since it forbids."""
    if not _ACTION_PATTERN.fullmatch(text):
        raise spec_error("W432", f"{text!r} is not an action pattern", "write service:Action, service:* or *")
    return text


def check_resource(text: str) -> str:
    """A resource of a statement: ``*`` or an ARN, with wildcards and policy variables where IAM takes them."""
    _check_text(text)
    if not text.strip("*"):
        return "*"
    parts = VARIABLE.sub("v", text).split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[5]:
        raise spec_error("W433", f"{text!r} is not an ARN", _ARN_HELP)
    _, partition, service, region, account, _ = parts
    if partition not in PARTITIONS:
        raise spec_error("W433", f"{text!r}: partition {partition!r} is not known", f"use {', '.join(PARTITIONS)}")
    if not re.fullmatch(r"[a-z0-9-]+", service):
        raise spec_error("W433", f"{text!r}: the service must be named, in lower case", _ARN_HELP)
    if not _REGION.fullmatch(region) or not _ACCOUNT.fullmatch(account):
        raise spec_error("W433", f"{text!r}: region or account is malformed", "an account has 12 digits")
    return text


def check_resource_pattern(text: str) -> str:
    """A resource of a ``never``: any pattern that an ARN can match."""
    _check_text(text)
    if meet(parse(text, variables=True), parse("arn:*:*:*:*:*", variables=False)) is None:
        raise spec_error("W433", f"{text!r} matches no ARN, so it would forbid nothing", _NEVER_HELP)
    return text


def check_role_arn(text: str) -> str:
    """The ARN of a role."""
    if not _ROLE_ARN.fullmatch(text):
        raise spec_error("W433", f"{text!r} is not a role's ARN", "arn:aws:iam::123456789012:role/name")
    return text


def check_policy_arn(text: str) -> str:
    """The ARN of a managed policy."""
    if not _POLICY_ARN.fullmatch(text):
        raise spec_error("W433", f"{text!r} is not a policy's ARN", "arn:aws:iam::123456789012:policy/name")
    return text


def has_wildcard(text: str) -> bool:
    """Whether an action can mean more than one."""
    return "*" in text or "?" in text


def _check_text(text: str) -> None:
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise spec_error("W433", "a resource has 1 to 2048 printable characters", _ARN_HELP)
    if unfinished(text):
        raise spec_error("W433", f"{text!r} holds an unfinished policy variable", "write ${aws:username}")


def unfinished(text: str) -> bool:
    """Whether a policy variable begins and doesn't end."""
    return "${" in VARIABLE.sub("", text)


Action = Annotated[str, AfterValidator(check_action), spelled(_ACTION.pattern)]
ActionPattern = Annotated[str, AfterValidator(check_action_pattern), spelled(_ACTION_PATTERN.pattern)]
Resource = Annotated[str, AfterValidator(check_resource), spelled(r"\*+|arn:.+:.+", _LONGEST)]
ResourcePattern = Annotated[str, AfterValidator(check_resource_pattern)]
RoleArn = Annotated[str, AfterValidator(check_role_arn), spelled(_ROLE_ARN.pattern)]
PolicyArn = Annotated[str, AfterValidator(check_policy_arn), spelled(_POLICY_ARN.pattern)]
