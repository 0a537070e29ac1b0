"""The access block of an intent (``paths``), and what a guardrail forbids: both say paths and capabilities."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from providers.vault.patterns import Pattern
from providers.vault.policy import CAPABILITIES, Grant
from specs.base import SpecModel, one_of, spec_error
from specs.text import cut, shown

_PROTECTED = frozenset({"sys", "auth", "identity", "cubbyhole"})
_SYSTEM = """
activation-flags audit audit-hash auth capabilities capabilities-accessor capabilities-self config control-group
decode-token experiments generate-recovery-token generate-root ha-status health host-info init in-flight-req
internal key-status leader leases license locked-users loggers managed-keys metrics monitor mounts namespaces
plugins policies policy pprof quotas raw rekey rekey-recovery-key remount renew replication revoke revoke-force
revoke-prefix rotate seal seal-status sealwrap step-down storage sync tools unseal version-history workflows
wrapping
"""
_IDENTITY = "alias entity entity-alias group group-alias lookup mfa oidc persona"
_LOGIN = "accesslist certs config crl group groups login map oidc ou role roles tidy user users"
_GOVERNS = {
    "sys": frozenset(_SYSTEM.split()),
    "auth": frozenset({"token"}),
    "identity": frozenset(_IDENTITY.split()),
}
"""What stands under these roots of the API (Vault's HTTP API documentation: system backend, identity)."""
_OF_LOGINS = frozenset(_LOGIN.split())
"""What stands under auth/<mount>/ and decides who logs in."""
_LETTERS = {"policies": ("sys", {"acl", "rgp", "egp"}), "token": ("auth", {"create", "create-orphan", "roles"})}
"""What makes anybody anything: its root, and what follows it where the root is left to a wildcard."""
_KV = frozenset({"data", "metadata", "delete", "undelete", "destroy", "subkeys"})
"""What stands under a KV v2 mount; after it comes a secret's own path."""
_SELF_SERVICE = {
    "auth/token/lookup-self": {"read"},
    "auth/token/renew-self": {"update"},
    "auth/token/revoke-self": {"update"},
    "sys/leases/lookup": {"update"},
    "sys/leases/renew": {"update"},
    "sys/capabilities-self": {"update"},
    "sys/wrapping/lookup": {"update"},
    "sys/wrapping/unwrap": {"update"},
    "sys/wrapping/wrap": {"update"},
}
_REFUSED = {
    "sudo": ("sudo opens the server's protected paths", "no intent needs it: name the plain capabilities"),
    "root": ("root is every right on the server", "name the plain capabilities"),
    "deny": ("Vault lets one pattern win, so a deny doesn't hold everywhere", "leave the grant out instead"),
}


def _canonical(path: str) -> str:
    if not path:
        raise spec_error("W420", "the path is empty", "write it as in the API, without v1/: kv/data/orders/*")
    bad = next((c for c in path if not c.isprintable() or c in "\"'`{}\\?#"), None)
    if bad is not None:
        advice = "no quotes, braces, backslashes, queries, fragments or line breaks"
        raise spec_error("W420", f"invalid path: it contains {bad!r}", advice)
    if path.startswith("/"):
        raise spec_error(
            "W420", "path not canonical: it starts with /", f"write {cut(path.lstrip('/')) or 'kv/data/x'}"
        )
    segments = path.split("/")
    if segments[0] == "v1":
        raise spec_error("W420", f"path not canonical: {cut(path)} starts with v1/", "leave out v1/")
    if any(segment != segment.strip() for segment in segments):
        raise spec_error("W420", f"invalid path: a segment of {cut(path)!r} starts or ends with a space", "remove it")
    if "" in segments[:-1] or {".", ".."} & set(segments) or "%" in path:
        raise spec_error("W420", f"path not canonical: {cut(path)}", "no //, no . or .. segments, no % escapes")
    return path


def _wildcards(path: str) -> str:
    if "*" in path[:-1]:
        raise spec_error(
            "W420", f"in {cut(path)} the * isn't last", "Vault knows * as the last character only; + is a segment"
        )
    if any("+" in segment and segment != "+" for segment in path.split("/")):
        raise spec_error(
            "W420", f"in {cut(path)} the + isn't a whole segment", "write it between slashes: kv/data/+/config"
        )
    return path


def _narrow(path: str) -> str:
    first = path.partition("/")[0]
    if "*" in first or "+" in first:
        raise spec_error(
            "W421", f"{cut(path)} is too wide: it reaches every mount", "start with one mount: kv/data/orders/*"
        )
    if first in _PROTECTED and path not in _SELF_SERVICE:
        raise spec_error("W421", f"{cut(path)} is too wide: {first}/ governs the server itself", _ABOUT_MOUNTS)
    root = _namespaced(path.split("/"))
    if root:
        message = f"{cut(path)} is too wide: {root}/ there may be the API of a namespace, which governs it"
        raise spec_error("W421", message, _ABOUT_MOUNTS)
    return path


_ABOUT_MOUNTS = "an intent's paths lie in secret mounts"


def _namespaced(segments: list[str]) -> str:
    """The root of a namespace's API that the path may reach; empty if none.

    A path's first segments are a mount or a namespace, and nothing tells which. So a later ``sys``, ``auth`` or
    ``identity`` counts as a namespace's where an API path follows, or a wildcard that reaches one. Right under a
    KV v2 mount's ``data/`` and the like it is a secret's own path, unless it is the API of policies or tokens to the
    letter: kv/data/auth/x and kv/data/sys/* are secrets. A pattern that begins with a namespace and goes straight
    to a wildcard (team-a/*) looks like a mount's, and is taken for one.
    """
    secret = len(segments) > 1 and segments[1] in _KV
    for at in range(1, len(segments) - 1):
        root, following, rest = segments[at], segments[at + 1], segments[at + 2 :]
        api = _LETTERS.get(following)
        if api is not None and rest and (root == api[0] or (root == "+" and rest[0] in api[1])):
            return api[0]
        if root in _GOVERNS and not secret and (_reaches(following, _GOVERNS[root]) or _logins(root, rest)):
            return root
    return ""


def _logins(root: str, rest: list[str]) -> bool:
    return root == "auth" and bool(rest) and _reaches(rest[0], _OF_LOGINS)


def _reaches(segment: str, names: Collection[str]) -> bool:
    if segment.endswith("*"):
        return any(name.startswith(segment[:-1]) for name in names)
    return segment == "+" or segment in names


def _capability(name: str) -> str:
    if name in CAPABILITIES:
        return name
    if name in _REFUSED:
        message, hint = _REFUSED[name]
        raise spec_error("W422", f"capability {name} is refused: {message}", hint)
    close = difflib.get_close_matches(name, CAPABILITIES, n=1)
    hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(CAPABILITIES)}"
    raise spec_error("W422", f"unknown capability {shown(name)}", hint)


def _forbidden(name: str) -> str:
    return name if name in {"*", "sudo"} else _capability(name)


Path = Annotated[str, AfterValidator(_canonical), AfterValidator(_wildcards)]
NarrowPath = Annotated[Path, AfterValidator(_narrow)]
Capability = Annotated[str, AfterValidator(_capability), one_of(CAPABILITIES)]
Forbidden = Annotated[str, AfterValidator(_forbidden), one_of((*CAPABILITIES, "sudo", "*"))]


MOST_RULES = 100
"""Paths of one block, every two of which are compared so that a policy gives exactly their union; or capabilities."""


class PathRule(SpecModel):
    """Capabilities on a path of the API."""

    path: NarrowPath
    """Without ``v1/``. ``*`` as the last character matches anything, ``+`` one segment. KV v2 has ``data/`` in it."""
    capabilities: list[Capability] = Field(min_length=1, max_length=MOST_RULES)
    """create, read, update, patch, delete, list."""

    @model_validator(mode="after")
    def _self_service(self) -> Self:
        allowed = _SELF_SERVICE.get(self.path)
        other = next((i for i, name in enumerate(self.capabilities) if allowed and name not in allowed), None)
        if allowed and other is not None:
            message = f"{cut(self.path)} takes {', '.join(allowed)} only"
            raise spec_error("W421", message, "drop the other capabilities", ("capabilities", other))
        return self

    @property
    def grant(self) -> Grant:
        """The rule as a value."""
        return Grant(Pattern.of(self.path), frozenset(self.capabilities))


class VaultAccess(SpecModel):
    """What an intent may do in a Vault: the union of its paths."""

    paths: list[PathRule] = Field(min_length=1, max_length=MOST_RULES)


class VaultNever(SpecModel):
    """Requests that no agent may ever make: any of the capabilities on any of the paths."""

    paths: list[Path] = Field(min_length=1, max_length=MOST_RULES)
    capabilities: list[Forbidden] = Field(default=["*"], min_length=1, max_length=MOST_RULES)
    """Capabilities, or ``*`` for all."""


def overlap(access: VaultAccess, never: VaultNever) -> str | None:
    """A request that both describe (``read kv/data/orders/x``); None if there is none."""
    named = frozenset(never.capabilities)
    forbidden = frozenset(CAPABILITIES) if "*" in named else named
    for rule in access.paths:
        for capability in sorted(forbidden & set(rule.capabilities), key=CAPABILITIES.index):
            for path in never.paths:
                witness = _request(rule.path, path, listing=capability == "list")
                if witness is not None:
                    return f"{capability} {witness}"
    return None


def _request(one: str, two: str, *, listing: bool) -> str | None:
    """A path in both. LIST looks at a path with and without its trailing slash."""
    for first in _spellings(one, listing=listing):
        for second in _spellings(two, listing=listing):
            witness = Pattern.of(first).witness(Pattern.of(second))
            if witness is not None:
                return witness
    return None


def _spellings(path: str, *, listing: bool) -> tuple[str, ...]:
    if not listing or path.endswith("*"):
        return (path,)
    return (path, f"{path.rstrip('/')}/")
