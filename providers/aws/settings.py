"""A system's block in an Environment: which account, and which part of it is Writ's."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from providers.aws.patterns import PARTITIONS, PolicyArn
from providers.aws.refusal import KEY, refuse
from specs.base import SpecModel, one_of, spec_error, spelled

_PATH = re.compile(r"/([A-Za-z0-9+=,.@_-]+/)+")
_PREFIX = re.compile(r"[A-Za-z0-9+=,.@_-]{0,32}")
MOST_THUMBPRINTS = 5
_RESERVED = ("/aws-service-role/", "/aws-reserved/")


def check_account(text: str) -> str:
    """An account id: 12 digits, kept as text since it may start with 0."""
    if not re.fullmatch(r"[0-9]+", text):
        raise spec_error("W430", "an AWS account id is digits only", "12 digits without - or _")
    if len(text) != 12:
        raise spec_error(
            "W430",
            f"an AWS account id has 12 digits, got {len(text)}",
            "write all 12 digits, those that are 0 at the start too",
        )
    return text


def check_role_path(text: str) -> str:
    """The path that holds Writ's roles and nothing else."""
    if text == "/" or not _PATH.fullmatch(text) or len(text) > 512:
        raise spec_error(
            "W431",
            f"role_path {text[:64]!r} must start and end with / and name at least one folder",
            "such as /writ/ (at most 512 characters)",
        )
    if any(part in {".", ".."} for part in text.split("/")):
        raise spec_error("W431", f"role_path {text!r} is not canonical", "leave out . and ..")
    if text.startswith(_RESERVED):
        raise spec_error("W431", f"role_path {text!r} is reserved by AWS", "choose another, such as /writ/")
    return text


def check_role_prefix(text: str) -> str:
    """The start of every role's name."""
    if not _PREFIX.fullmatch(text):
        raise spec_error("W431", f"role_prefix {text[:64]!r} is not valid", "at most 32 of A-Z a-z 0-9 + = , . @ _ -")
    return text


def check_partition(text: str) -> str:
    """A partition that exists."""
    if text not in PARTITIONS:
        close = get_close_matches(text, PARTITIONS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use {', '.join(PARTITIONS)}"
        raise spec_error("W431", f"{text!r} is not an AWS partition", hint)
    return text


def check_thumbprint(text: str) -> str:
    """The SHA-1 of a CA's certificate: 40 hexadecimal digits."""
    plain = text.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{40}", plain):
        hint = "40 hexadecimal digits, as of openssl x509 -fingerprint -sha1 -noout -in ca.pem"
        raise spec_error("W437", f"{text[:64]!r} is not a thumbprint", hint)
    return plain


def check_thumbprints(found: tuple[str, ...]) -> tuple[str, ...]:
    """One to five: what CreateOpenIDConnectProvider takes."""
    if not 1 <= len(found) <= MOST_THUMBPRINTS:
        message = f"an issuer has 1 to {MOST_THUMBPRINTS} thumbprints, got {len(found)}"
        raise spec_error("W437", message, "leave the issuer out where its CA is publicly trusted")
    return found


Thumbprints = Annotated[tuple[Annotated[str, AfterValidator(check_thumbprint)], ...], AfterValidator(check_thumbprints)]


class AwsSettings(SpecModel):
    """One account. Roles under ``role_path`` are Writ's: what nobody declared there is a row of the plan."""

    account: Annotated[str, AfterValidator(check_account), spelled("[0-9]{12}")]
    """12 digits. Compared with the login's account before anything else."""
    role_path: Annotated[str, AfterValidator(check_role_path), spelled(_PATH.pattern, 512)] = "/writ/"
    role_prefix: Annotated[str, AfterValidator(check_role_prefix), spelled(_PREFIX.pattern)] = "writ-"
    existing_oidc_providers: tuple[str, ...] = ()
    """Issuers whose OIDC provider somebody else manages: it must exist with our audience, and is never changed."""
    oidc_thumbprints: dict[str, Thumbprints] = Field(default_factory=dict)
    """By issuer: SHA-1 of the CA of its certificate, where that CA is not publicly trusted. Else none is accepted."""
    permissions_boundary: PolicyArn | None = None
    """A managed policy that bounds every role."""
    partition: Annotated[str, AfterValidator(check_partition), one_of(PARTITIONS)] = "aws"

    @model_validator(mode="after")
    def _thumbprints_are_of_our_own_providers(self) -> Self:
        for name in self.oidc_thumbprints:
            if name in self.existing_oidc_providers:
                message = f"{name} has thumbprints, and its provider is somebody else's (existing_oidc_providers)"
                raise refuse(("oidc_thumbprints", name, KEY), "W437", message, "leave one of the two out")
        return self

    @model_validator(mode="after")
    def _boundary_is_of_this_partition(self) -> Self:
        if self.permissions_boundary and self.permissions_boundary.split(":")[1] != self.partition:
            message, hint = "permissions_boundary is of another partition", f"use arn:{self.partition}:…"
            raise refuse(("permissions_boundary",), "W431", message, hint)
        return self
