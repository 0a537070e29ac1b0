"""JWT roles: which workload each admits, by one exact subject and audience, and how its tokens end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from providers.vault.adopting import VaultNames, kept
from providers.vault.importing.access import Policies
from providers.vault.importing.identities import Identities
from providers.vault.jwt_backend import mount_owner
from providers.vault.names import JWT_ROLE, entity_name
from providers.vault.resource import keys, text, texts
from providers.vault.standing.gaps import Gaps
from providers.vault.values import BACKEND_CONFIG, fields
from providers.vault.values import JWT_ROLE as FIELDS
from reconciler.model import Importable, Lacking, Ownership, Said, Value, Vouched
from reconciler.provider.wording import refusal

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_NARROW = "bind one subject and one audience, then import again"
_KEYS = {"jwks_url": "jwks_url", "oidc_discovery_url": "discovery_url", "jwt_validation_pubkeys": "public_keys"}
"""A mount's field → an issuer's in an Environment."""


@dataclass(frozen=True, slots=True)
class JwtRoles:
    """Reads JWT auth mounts of one server."""

    client: VaultClient
    gaps: Gaps
    policies: Policies
    identities: Identities

    def of(self, mount: str, entry: Mapping[str, Any]) -> Iterator[Importable]:
        """All roles of one mount."""
        what = f"roles of auth/{mount}"
        nothing: dict[str, Any] = {}
        read = self.gaps.read(what, lambda: self.client.get(f"auth/{mount}/config"), nothing)
        config = fields(BACKEND_CONFIG, read or nothing)
        owner, _ = mount_owner(self.client.scope, entry)
        ours = mount in self.client.scope.settings.mounts and owner is Ownership.OURS
        for name in keys(self.gaps.read(what, lambda: self.client.list(f"auth/{mount}/role"), None)):
            path = f"auth/{mount}/role/{name}"
            found = self.gaps.read(what, lambda path=path: self.client.get(path), None)  # type: ignore[misc]
            if found is not None:
                one = self._role(mount, name, fields(FIELDS, found), config, ours=ours)
                if ours or one.vouched is None:
                    yield one  # of our own agents' entities the plan sees what they have
                else:
                    more = self.identities.beside(text(entry, "accessor"), one.vouched.subject)
                    yield replace(one, lacking=(*one.lacking, *more))

    def _role(
        self, mount: str, name: str, role: Mapping[str, Value], config: Mapping[str, Value], *, ours: bool
    ) -> Importable:
        given = texts(role, "token_policies")
        derived = ours and [one.lower() for one in given] == [f"{self.client.scope.settings.policy_prefix}{name}"]
        said = self.policies.access_of(given, ours=derived)
        lacking = [*self._unlike(mount, role, config, ours=ours), *said.lacking]
        names = {} if derived else _names(name, role)
        problem = refusal(VaultNames, names) if names else None
        ttl = role["token_ttl"] if isinstance(role["token_ttl"], int) else 0
        audiences = texts(role, "bound_audiences")
        vouched = Vouched(
            text(config, "bound_issuer"),
            text(role, "bound_subject"),
            audiences[0] if audiences else "",
            _keys(config),
            "" if ours else mount,
        )
        return Importable(
            self.client.scope.address(JWT_ROLE, f"{mount}/{name}"),
            "JWT role",
            name,
            (said.block,) if said.block else (),
            vouched if vouched.issuer and vouched.subject else None,
            names,
            (ttl, ttl),
            said.topic,
            self._said(name, ttl) if ours else Said(),
            (*lacking, *((problem,) if problem else ())),
        )

    def _unlike(
        self, mount: str, role: Mapping[str, Value], config: Mapping[str, Value], *, ours: bool
    ) -> Iterator[Lacking]:
        if not config["bound_issuer"]:
            yield Lacking(f"auth/{mount} binds no issuer", f"vault write auth/{mount}/config bound_issuer=…")
        if not ours and mount in self.client.scope.settings.mounts:
            way_out = "name another auth_mount there, and import again: this one is then under existing_auth_mounts"
            yield Lacking(f"auth/{mount} is the system's auth_mount, and isn't Writ's", way_out)
        if role["role_type"] != "jwt":
            yield Lacking(f"it is for logins by {role['role_type']}, not for workloads")
        if role["bound_claims"]:
            yield Lacking(f"it binds claims ({', '.join(sorted(_mapping(role['bound_claims'])))})", _NARROW)
        if not role["bound_subject"]:
            yield Lacking("it binds no exact subject", _NARROW)
        if len(texts(role, "bound_audiences")) != 1:
            yield Lacking(f"it binds {len(texts(role, 'bound_audiences'))} audiences", _NARROW)
        if len(texts(role, "token_policies")) != 1:
            count = len(texts(role, "token_policies"))
            yield Lacking(f"it gives {count} policies, and Writ's roles give one", "put what they say into one policy")
        yield from _ends(role)

    def _said(self, name: str, ttl: int) -> Said:
        """Agent and intent by the name, owner and purpose by the agent's entity."""
        agent, _, intent = name.partition("_")
        path = f"identity/entity/name/{entity_name(self.client.scope.settings, agent)}"
        found = self.gaps.read("entities", lambda: self.client.get(path), None) or {}
        metadata = _mapping(found.get("metadata"))
        return Said(agent, intent, str(metadata.get("owner", "")), str(metadata.get("purpose", "")), ttl=ttl)


def _ends(role: Mapping[str, Value]) -> Iterator[Lacking]:
    ttl, longest, explicit = role["token_ttl"], role["token_max_ttl"], role["token_explicit_max_ttl"]
    if not ttl or longest != ttl or explicit not in {0, ttl}:
        most = f"{longest} s" if longest else "as long as the server lets them"
        yield Lacking(
            f"its tokens live {ttl} s, and with renewals {most}: that is no one TTL",
            "set token_ttl and token_max_ttl to the same, then import again",
        )


def _names(name: str, role: Mapping[str, Value]) -> dict[str, Any]:
    stays = kept(role)
    given = texts(role, "token_policies")
    policy = {"policy": given[0]} if len(given) == 1 else {}
    return {"role": name, **policy, **({"keeps": list(stays)} if stays else {})}


def _keys(config: Mapping[str, Value]) -> dict[str, Any]:
    return {name: config[field] for field, name in _KEYS.items() if config[field]}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
