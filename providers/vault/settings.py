"""What an Environment says of a Vault system, and what other systems' ``credentials`` may say."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from specs.base import SpecModel, spec_error, spelled

_MOUNT = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]*")
DEFAULT_DATABASE = "database"
"""The mount of the database engine where nobody names one."""
_BUILT_IN = ("root", "default")


def _auth_mounts(value: str | dict[str, str]) -> str | dict[str, str]:
    for mount in [value] if isinstance(value, str) else value.values():
        if mount == "token" or not _MOUNT.fullmatch(mount):
            raise spec_error(
                "W428", f"{mount!r} can't be an auth mount of ours", "one segment of a-z 0-9 - _, such as jwt-agents"
            )
    if not value:
        raise spec_error("W428", "auth_mount names no mount", "leave it out for jwt-agents")
    return value


def _existing_mount(value: str) -> str:
    if value == "token" or not all(_SEGMENT.fullmatch(segment) for segment in value.split("/")):
        raise spec_error("W428", f"{value!r} is not an auth mount's path", "write it without slashes at its ends: jwt")
    return value


def _secret_mount(value: str) -> str:
    if not all(_SEGMENT.fullmatch(segment) for segment in value.split("/")):
        raise spec_error("W428", f"{value!r} is not a mount's path", "write it without slashes at its ends: database")
    if value.partition("/")[0] in {"sys", "auth", "identity", "cubbyhole"}:
        raise spec_error("W428", f"{value!r} is not a database mount", "name the mount of the database engine")
    return value


def _name(value: str) -> str:
    if not _SEGMENT.fullmatch(value):
        raise spec_error("W428", f"{value!r} is not a connection's name", "letters, digits, - _ and . only")
    return value


def _prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value):
        raise spec_error("W428", f"{value!r} can't be a prefix", "a-z 0-9 and - only, at least one, such as writ-")
    for name in _BUILT_IN:
        if name.startswith(value):
            raise spec_error("W428", f"the prefix {value!r} also covers the policy {name}", "use writ-")
    return value


_ExistingMount = Annotated[str, AfterValidator(_existing_mount), spelled(f"{_SEGMENT.pattern}(/{_SEGMENT.pattern})*")]
_AuthMount = Annotated[str, spelled(_MOUNT.pattern)]
AuthMounts = Annotated[_AuthMount | dict[str, _AuthMount], AfterValidator(_auth_mounts)]
SecretMount = Annotated[str, AfterValidator(_secret_mount), spelled(f"{_SEGMENT.pattern}(/{_SEGMENT.pattern})*")]
ConnectionName = Annotated[str, AfterValidator(_name), spelled(_SEGMENT.pattern)]
Prefix = Annotated[str, AfterValidator(_prefix), spelled(_PREFIX.pattern)]


class VaultSettings(SpecModel):
    """The scope in one Vault: JWT auth mounts, and everything whose name starts with the prefix."""

    auth_mount: AuthMounts = "jwt-agents"
    """The JWT auth mount, Writ's alone. With several issuers: a map of issuer to mount."""
    policy_prefix: Prefix = "writ-"
    """What the names of policies, entities and database roles start with."""
    existing_auth_mounts: dict[str, _ExistingMount] = Field(default_factory=dict)
    """By issuer: a JWT auth mount that somebody else keeps. It is never changed; of its roles only those of agents are
    Writ's, and no entities are made for them."""
    database_mounts: tuple[SecretMount, ...] = Field(default=())
    """Further database mounts to search for undeclared roles. Mounts that `credentials` name are searched anyway."""

    @model_validator(mode="after")
    def _each_mount_is_whose(self) -> Self:
        taken = next((name for name, mount in self.existing_auth_mounts.items() if mount in self.mounts), None)
        if taken is not None:
            mount = self.existing_auth_mounts[taken]
            way_out = "an auth_mount is Writ's alone: name another one there"
            raise spec_error("W428", f"{mount} is auth_mount too", way_out, ("existing_auth_mounts", taken))
        return self

    @property
    def mounts(self) -> tuple[str, ...]:
        """The auth mounts in the scope."""
        found = {self.auth_mount} if isinstance(self.auth_mount, str) else set(self.auth_mount.values())
        return tuple(sorted(found))


class VaultLogin(SpecModel):
    """Which database connection mints another system's logins."""

    connection: ConnectionName
    """The connection's name in the database engine; its operator makes it."""
    mount: SecretMount = DEFAULT_DATABASE
    """The database engine's mount."""
