"""OpenBao: what is there, and who logs in and reads what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import hvac
import hvac.exceptions

from tests.e2e.hands import Hands
from tests.faults.oracle.facts import text
from tests.faults.oracle.probes import SESSION, Door, Passed

_MADE_BY_A_LOGIN = re.compile(r"entity_[0-9a-f]+(\.root)?$")


def facts(hands: Hands) -> Iterator[tuple[str, str]]:
    """Policies, logins, identities, and what mints logins at databases."""
    for name in keys(hands, "sys/policies/acl"):
        if name != "root":
            yield f"vault policy {name}", text(hands.read(f"sys/policies/acl/{name}"))
    yield from _auth(hands)
    yield from _identities(hands)
    for name in keys(hands, "database/config"):
        found = hands.read(f"database/config/{name}")
        yield f"vault connection {name}", text(found | {"allowed_roles": sorted(found["allowed_roles"])})
    for name in keys(hands, "database/roles"):
        yield f"vault database role {name}", text(hands.read(f"database/roles/{name}"))
    for name in keys(hands, "sys/leases/lookup/database/creds"):
        for lease in keys(hands, f"sys/leases/lookup/database/creds/{name}"):
            yield f"vault lease {name}{lease}", ""


def _auth(hands: Hands) -> Iterator[tuple[str, str]]:
    for path, entry in hands.read("sys/auth").items():
        yield f"vault auth {path}", text([entry, hands.read(f"sys/auth/{path}tune")])
        if entry["type"] == "jwt":
            yield f"vault config {path}", text(hands.read(f"auth/{path}config"))
            for name in keys(hands, f"auth/{path}role"):
                yield f"vault role {path}{name}", text(hands.read(f"auth/{path}role/{name}"))


def _identities(hands: Hands) -> Iterator[tuple[str, str]]:
    for kind in ("entity", "group"):
        for key in keys(hands, f"identity/{kind}/id"):
            found = hands.read(f"identity/{kind}/id/{key}")
            if _MADE_BY_A_LOGIN.match(found["name"]) and not found["policies"]:
                continue  # a probe's
            # What a login writes into an alias says only who came last.
            aliases = sorted((one["name"], one["mount_path"]) for one in found.pop("aliases", None) or ())
            yield f"vault {kind} {found['name']}", text([found, aliases])


def keys(hands: Hands, path: str) -> list[str]:
    """What lies below a path."""
    found = hands.vault.list(path)
    return list(found["data"]["keys"]) if found else []


def roles(hands: Hands) -> list[tuple[str, str]]:
    """Mount and name of each role of the agents' mounts."""
    there = hands.read("sys/auth")
    mounts = [mount for mount in hands.ground.mounts if f"{mount}/" in there]
    return [(mount, role) for mount in mounts for role in keys(hands, f"auth/{mount}/role")]


def logins(hands: Hands, tokens: Mapping[str, str]) -> Iterator[tuple[str, str, hvac.Client]]:
    """Who, by which role, as which client: every signed token is tried at every role. Whoever takes one ends it."""
    for mount, role in roles(hands):
        for who, token in tokens.items():
            agent = hvac.Client(url=hands.vault.url)
            try:
                agent.auth.jwt.jwt_login(role=role, jwt=token, path=mount)
            except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
                agent.adapter.close()
                continue
            yield who, f"{mount}/{role}", agent


class AtVault(Door):
    """``tokens``: signed ones, by the principal's name. ``paths``: which each login tries to read."""

    def __init__(self, tokens: Mapping[str, str], paths: tuple[str, ...]) -> None:
        super().__init__()
        self._tokens, self._paths = tokens, paths
        self._sessions: dict[str, str] = {}
        """Vault's tokens that were got before a run."""

    def log_in(self, hands: Hands) -> None:
        """Each token stays a login."""
        self._sessions = {}
        for who, role, agent in logins(hands, self._tokens):
            self._sessions[f"{SESSION}{who} by {role}"] = str(agent.token)
            agent.adapter.close()

    def passed(self, hands: Hands) -> Passed:
        """By new logins and by old ones."""
        for who, role, agent in logins(hands, self._tokens):
            yield who, f"log in to {role}"
            for path in self._read_by(agent):
                yield who, f"read {path} by {role}"
            hands.vault.auth.token.revoke(agent.token)
            agent.adapter.close()
        for name, token in self._sessions.items():
            for path in self._read_by(hvac.Client(url=hands.vault.url, token=token)):
                yield name, f"read {path}"

    def count(self, hands: Hands) -> int:
        """How many are tried."""
        asked = len(self._tokens) * max(len(roles(hands)), 1) * (len(self._paths) + 1)
        return asked + len(self._sessions) * len(self._paths)

    def _read_by(self, agent: hvac.Client) -> Iterator[str]:
        for path in self._paths:
            try:
                agent.read(path)
            except hvac.exceptions.Forbidden:
                continue
            yield path
        agent.adapter.close()
