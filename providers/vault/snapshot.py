"""Reading a whole scope in bulk: lists, then pooled GETs of what the lists name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import starmap
from typing import TYPE_CHECKING, Any

from providers.vault.acl_policy import AclPolicy
from providers.vault.database import DatabaseReader
from providers.vault.effective.values import ROOT
from providers.vault.effective.world import Surroundings
from providers.vault.entity_alias import split_alias
from providers.vault.errors import InvalidToken
from providers.vault.holders import HolderReader
from providers.vault.identity import IdentityReader
from providers.vault.jwt_backend import JwtBackend, content_owner, is_jwt, mount_owner
from providers.vault.jwt_role import JwtRole
from providers.vault.names import (
    ALIAS,
    ALLOWED_ROLE,
    DATABASE_ROLE,
    ENTITY,
    GROUP_MEMBER,
    HOLDER,
    JWT_BACKEND,
    JWT_ROLE,
    POLICY,
    in_prefix,
    split_database_role,
    split_last,
)
from providers.vault.resource import infos, keys, text, texts
from providers.vault.resources import TYPES
from reconciler.model import Address, Live, Ownership, Resource, Snapshot
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class ScopeReader:
    """One reading. Objects are found once, under their addresses."""

    def __init__(self, client: VaultClient, wanted: Collection[Address]) -> None:
        self.client, self.wanted = client, wanted
        self.settings = client.scope.settings
        self.objects: dict[Address, Live] = {}
        self._around = Surroundings()
        self._read: set[str] = set()
        """Containers that were read whole: what isn't found there isn't there."""
        self._no_databases: frozenset[str] = frozenset()

    def snapshot(self, facts: Mapping[str, str]) -> Snapshot:
        """The scope, and what is wanted outside it."""
        mounts = self.client.auth_mounts(again=True)
        self._policies()
        for mount, entry in mounts.items():
            if mount in self.settings.mounts:
                self._auth_mount(mount, entry)
            else:
                self._strayed(mount, entry)
        identity = IdentityReader(self.client, self.wanted)
        self._add(identity.objects())
        databases = DatabaseReader(self.client, self.wanted)
        self._add(databases.objects())
        self._no_databases = databases.absent
        self._elsewhere()
        beside = HolderReader(
            self.client, self._own_policies(), identity.others, self._own_roles(), unread=databases.unread
        )
        self._add(beside.objects())
        named = self._named_policies()
        rest = {name: body for name, body in self._around.policies.items() if name not in named}
        observed = databases.observed | {one.address: one for one in starmap(self._observed, named.items())}
        around = replace(self._around, policies=rest)
        return Snapshot(self.objects, (*databases.diagnostics, *beside.diagnostics()), facts, around, observed)

    def _add(self, found: Iterable[Live | None]) -> None:
        self.objects |= {live.resource.address: live for live in found if live is not None}

    def _policies(self) -> None:
        """With their bodies in one page where the server can (OpenBao), else one by one."""
        policies = AclPolicy()
        listed = self.client.supports("sys/policies/detailed/acl")
        if listed is not None:
            info = infos(listed)
            around = {n.lower(): text(found, "policy") for n, found in info.items() if not in_prefix(n, self.settings)}
            self._around = Surroundings(around, complete=True)
            ours = {name: found for name, found in info.items() if in_prefix(name, self.settings)}
            self._add(policies.live(self.client, name, found) for name, found in ours.items())
            return
        names = keys(self.client.list("sys/policies/acl"))
        ours_too = [name for name in names if in_prefix(name, self.settings)]
        self._add(self.client.each(lambda name: policies.read(self.client, name), ours_too))

    def _own_policies(self) -> list[str]:
        """Names of ours, there or wanted."""
        every = (*self.objects, *self.wanted)
        return sorted({address.key.lower() for address in every if address.type == POLICY})

    def _own_roles(self) -> list[str]:
        """Paths of JWT roles, there or wanted."""
        return ["auth/{}/role/{}".format(*split_last(a.key)) for a in self.wanted if a.type == JWT_ROLE]

    def _named_policies(self) -> dict[str, str | None]:
        """Texts of policies that logins of ours come to and that aren't in the scope: where they aren't listed, one by
        one. Empty where there is none, None where it may not be read.
        """
        known = {address.key.lower() for address in self.objects if address.type == POLICY}
        names = sorted(self._named() - {ROOT} - known)
        if self._around.complete:
            return {name: self._around.policies.get(name, "") for name in names if not in_prefix(name, self.settings)}
        # Of ours, those that weren't found aren't there.
        ours = [name for name in names if in_prefix(name, self.settings)]
        self._around = replace(self._around, policies=dict.fromkeys(ours, ""))
        strange = [name for name in names if name not in ours]
        return dict(zip(strange, self.client.each(self._foreign_policy, strange), strict=True))

    def _observed(self, name: str, body: str | None) -> Resource:
        return Resource(self.client.scope.address(POLICY, name), {"policy": body})

    def _named(self) -> set[str]:
        """Policies that roles, entities and groups of the scope give."""
        names: set[str] = set()
        for address, live in self.objects.items():
            values = live.resource.attributes
            if address.type == JWT_ROLE:
                names.update(texts(values, "token_policies"))
                names.update(() if values["token_no_default_policy"] else ("default",))
            elif address.type in {ENTITY, GROUP_MEMBER}:
                names.update(texts(values, "policies"))
                names.update(texts(values, "inherited_policies"))
            elif address.type == HOLDER:
                names.update(one for one in texts(values, "policies") if not set("*{") & set(one))
        return {name.lower() for name in names}

    def _foreign_policy(self, name: str) -> str | None:
        """Its text; empty where it isn't there; None where it may not be read, so that it is unknown."""
        try:
            found = self.client.get(f"sys/policies/acl/{name}")
        except InvalidToken:
            raise
        except Denied:
            return None
        return text(found, "policy") if found else ""

    def _auth_mount(self, mount: str, entry: Mapping[str, Any]) -> None:
        backend, (owner, _) = JwtBackend(), mount_owner(self.client.scope, entry)
        if owner is Ownership.FOREIGN and self.client.scope.address(JWT_BACKEND, mount) not in self.wanted:
            return  # somebody's mount under the name of ours: not a thing to remove as undeclared
        of_ours = is_jwt(entry)
        config = self.client.get(f"auth/{mount}/config") if of_ours else None
        live = backend.live(self.client, mount, entry, config or {})
        # A mount of another kind can't be one of ours that was changed: somebody made it where ours was.
        self._add([live if of_ours else _outside(live)])
        content = content_owner(self.client, mount, self.wanted)
        if content is None:
            return
        self._read.add(mount)
        roles = JwtRole()

        def read(name: str) -> Live | None:
            found = self.client.get(f"auth/{mount}/role/{name}")
            return None if found is None else roles.live(self.client, f"{mount}/{name}", found, content)

        self._add(self.client.each(read, keys(self.client.list(f"auth/{mount}/role"))))

    def _strayed(self, mount: str, entry: Mapping[str, Any]) -> None:
        """A mount with our marker and another name: moved by hand (it keeps its accessor), or another project's."""
        known = self.client.scope.address(JWT_BACKEND, mount) in self.wanted
        if not known and mount_owner(self.client.scope, entry)[0] is Ownership.OURS:
            self._add([_outside(JwtBackend().live(self.client, mount, entry, {}))])

    def _elsewhere(self) -> None:
        """Wanted objects outside the containers that were read whole: one by one."""
        missing = [a for a in self.wanted if a not in self.objects and not self._would_be_found(a)]
        found = self.client.each(lambda a: TYPES[a.type].read(self.client, a.key), missing)
        for live in found:
            if live is not None:
                outside = not self._in_scope(live.resource.address)
                self.objects[live.resource.address] = _outside(live) if outside else live

    def _would_be_found(self, address: Address) -> bool:
        if address.type in {POLICY, ENTITY}:
            return in_prefix(address.key, self.settings)
        if address.type == GROUP_MEMBER:
            return in_prefix(split_last(address.key)[1], self.settings)
        if address.type == JWT_BACKEND:
            return address.key in self.settings.mounts
        if address.type in {JWT_ROLE, ALIAS}:
            mount, _ = split_alias(self.client, address.key)
            return mount in self._read or mount not in self.client.auth_mounts()
        if address.type == DATABASE_ROLE:
            mount, name = split_database_role(address.key)
            return name.startswith(self.settings.policy_prefix) or mount in self._no_databases
        return address.type in {ALLOWED_ROLE, HOLDER}

    def _in_scope(self, address: Address) -> bool:
        mount, _ = split_alias(self.client, address.key)
        return address.type in {JWT_ROLE, ALIAS} and mount in self.settings.mounts


def _outside(live: Live) -> Live:
    return replace(live, in_scope=False)
