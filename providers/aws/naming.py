"""Names, keys and ARNs of the objects (IAM User Guide: IAM identifiers)."""

from __future__ import annotations

from providers.aws.settings import AwsSettings

PROVIDER = "aws_iam_openid_connect_provider"
PROVIDER_USE = "aws_iam_openid_connect_provider_use"
ROLE = "aws_iam_role"
ROLE_POLICY = "aws_iam_role_policy"
ATTACHMENT = "aws_iam_role_policy_attachment"
PROFILE_ROLE = "aws_iam_instance_profile_role"
RETIRING = "aws_iam_retiring_user"
"""A user that is to go: outside of the scope, and only where a Retirement names it."""
MANAGED_POLICY = "aws_iam_policy"
"""Only observed; its key is its ARN."""


def provider_key(url: str) -> str:
    """An OIDC provider's key: its URL without https://, which is also how conditions name it."""
    return url.removeprefix("https://")


def provider_arn(settings: AwsSettings, key: str) -> str:
    """An OIDC provider's ARN."""
    return f"arn:{settings.partition}:iam::{settings.account}:oidc-provider/{key}"


def use_key(provider: str, audience: str) -> str:
    """The key of our use of somebody else's provider. Neither part can hold a space."""
    return f"{provider} {audience}"


def split_use_key(key: str) -> tuple[str, str]:
    """Provider key and audience."""
    provider, _, audience = key.partition(" ")
    return provider, audience


def policy_key(role: str, policy: str) -> str:
    """An inline policy's key, as Terraform writes it. A role's name can't hold a colon."""
    return f"{role}:{policy}"


def split_policy_key(key: str) -> tuple[str, str]:
    """Role and policy name."""
    role, _, policy = key.partition(":")
    return role, policy


def attachment_key(role: str, policy_arn: str) -> str:
    """An attachment's key, as Terraform writes it. A role's name can't hold a slash."""
    return f"{role}/{policy_arn}"


def profile_role_key(profile: str, role: str) -> str:
    """The key of a role's place in an instance profile."""
    return f"{profile}/{role}"


def split_slash(key: str) -> tuple[str, str]:
    """What stands before and after the first slash."""
    before, _, after = key.partition("/")
    return before, after


def duration_text(seconds: int) -> str:
    """``15m``, ``1h30m``, ``90s``."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{amount}{unit}" for amount, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if amount]
    return "".join(parts) or "0s"
