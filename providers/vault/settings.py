"""What an Environment says of a Vault system, and what other systems' ``credentials`` may say."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

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
    database_mounts: tuple[SecretMount, ...] = Field(default=())
    """Further database mounts to search for undeclared roles. Mounts that `credentials` name are searched anyway."""

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
