"""What an agent's intent may say of an account's objects that stood before Writ: how they are called."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from providers.aws.tags import OWNER
from specs.base import SpecModel, spec_error, spelled

_ROLE = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_POLICY = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}")
_PATH = re.compile(r"/(?:[!-~]+/)?")
_OURS = ("managed-by", "writ:")


def _named(text: str, form: re.Pattern[str], what: str) -> str:
    if not form.fullmatch(text):
        raise spec_error("W431", f"{text[:64]!r} is not a {what}", "write it as AWS shows it")
    return text


def check_role(text: str) -> str:
    """A role's name."""
    return _named(text, _ROLE, "role's name")


def check_policy(text: str) -> str:
    """An inline policy's name."""
    return _named(text, _POLICY, "policy's name")


def check_path(text: str) -> str:
    """A role's path."""
    if text.startswith(("/aws-service-role/", "/aws-reserved/")) or len(text) > 512:
        raise spec_error("W431", f"path {text[:64]!r} is AWS's own", "leave these roles to AWS")
    return _named(text, _PATH, "path")


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Tags without those that Writ sets. Keys are one to IAM whatever their case."""
    wrong = next((key for key in tags if key == OWNER or key.lower().startswith(_OURS)), None)
    if wrong is not None:
        raise spec_error("W431", f"tag {wrong} is Writ's own", "leave it out", (wrong,), key=True)
    return tags


class AwsNames(SpecModel):
    """The role of one agent and intent, where it stood before Writ."""

    role: Annotated[str, AfterValidator(check_role), spelled(_ROLE.pattern)]
    """The role's name."""
    path: Annotated[str, AfterValidator(check_path), spelled(_PATH.pattern, 512)] = "/"
    """The role's path."""
    policy: Annotated[str, AfterValidator(check_policy), spelled(_POLICY.pattern)]
    """Its inline policy's name."""
    tags: Annotated[dict[str, str], AfterValidator(check_tags)] = Field(default_factory=dict)
    """Tags that it has besides Writ's own, and keeps: conditions may hang on them."""
