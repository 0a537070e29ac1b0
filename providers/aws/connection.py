"""The operator's block for one account: how to log in. Every field is optional: boto3's own chain fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from providers.aws.patterns import RoleArn
from providers.aws.refusal import KEY, refuse
from specs.base import SpecModel, spec_error

_SECRET_FIELDS = frozenset({"accesskey", "accesskeyid", "secretkey", "secretaccesskey", "sessiontoken", "token"})


def check_endpoint(text: str) -> str:
    """An http or https URL without credentials."""
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise spec_error("W741", "endpoint_url must be an http or https URL", "such as http://127.0.0.1:5000")
    if url.username or url.password:
        raise spec_error("W741", "endpoint_url holds credentials", "leave them out")
    return text


def check_session_name(text: str) -> str:
    """What CloudTrail shows of the session."""
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", text):
        raise spec_error("W741", "session_name has 2 to 64 of A-Z a-z 0-9 _ + = , . @ -", "such as writ")
    return text


def check_external_id(text: str) -> str:
    """What the other account asks for, or nothing."""
    if text and not re.fullmatch(r"[A-Za-z0-9_+=,.@:/-]{2,1224}", text):
        raise spec_error("W741", "external_id has 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -", "as its owner gave it")
    return text


SessionName = Annotated[str, AfterValidator(check_session_name)]


class AssumeRole(SpecModel):
    """Log in by sts:AssumeRole with what was found before."""

    role_arn: RoleArn
    external_id: Annotated[str, AfterValidator(check_external_id)] = ""
    session_name: SessionName = "writ"


class WebIdentity(SpecModel):
    """Log in by sts:AssumeRoleWithWebIdentity."""

    role_arn: RoleArn
    token_command: tuple[str, ...] = ()
    """A program and its arguments; it prints a token."""
    token_file: str = ""
    session_name: SessionName = "writ"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.token_command) == bool(self.token_file):
            raise spec_error("W741", "give token_command or token_file", "exactly one of the two")
        return self


class AwsConnection(SpecModel):
    """How to reach and log in to one account."""

    region: str = ""
    """Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, then the partition's first."""
    profile: str = ""
    config_file: str = ""
    endpoint_url: Annotated[str, AfterValidator(lambda text: check_endpoint(text) if text else text)] = ""
    """Default: AWS_ENDPOINT_URL, then AWS itself."""
    assume_role: AssumeRole | None = None
    """After ``web_identity``, where both are given."""
    web_identity: WebIdentity | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_keys(cls, raw: Any) -> Any:
        for name in raw if isinstance(raw, Mapping) else ():
            if str(name).lower().replace("_", "").replace("-", "").removeprefix("aws") in _SECRET_FIELDS:
                raise refuse(
                    (str(name), KEY),
                    "W740",
                    f"{name}: keys don't belong in the connections file",
                    "use profile, web_identity, or the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE)",
                )
        return raw
