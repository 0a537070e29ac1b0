"""Who can log in to a Vault, in the words of the specs: JWT roles as workloads, all others by what they may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.vault.importing.access import Policies
from providers.vault.importing.identities import Identities
from providers.vault.importing.jwt import JwtRoles
from providers.vault.methods import FIELDS, FOLDERS, READ
from providers.vault.resource import keys, text
from providers.vault.standing.gaps import Gaps
from providers.vault.values import normal
from reconciler.model import Importable, Unseen
from reconciler.provider.wording import NO_WORKLOAD

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_JWT = frozenset({"jwt", "oidc"})
_TOKENS = frozenset({"token", "ns_token"})
_LOGIN = "vault_login"
"""The type of a login that isn't a JWT role: its key is its path in the API."""


def importable(client: VaultClient) -> Iterator[Importable | Unseen]:
    """Mount by mount. Tokens that are no login's, and what entities and groups give other logins than workloads, aren't
    looked at.
    """
    gaps = Gaps(client.scope.system)
    policies = Policies(client, gaps)
    identities = Identities(client, gaps)
    workloads, others = JwtRoles(client, gaps, policies, identities), _Others(client, gaps, policies)
    for mount, entry in sorted(client.auth_mounts(again=True).items()):
        kind = text(entry, "type")
        if kind in _JWT:
            yield from workloads.of(mount, entry)
        elif kind not in _TOKENS:
            yield from others.of(mount, kind)
        yield from gaps.told()


@dataclass(frozen=True, slots=True)
class _Others:
    client: VaultClient
    gaps: Gaps
    policies: Policies

    def of(self, mount: str, kind: str) -> Iterator[Importable]:
        """All that may log in at one mount."""
        if kind not in FOLDERS:
            self.gaps.add(f"auth/{mount}", f"who can log in at a mount of type {kind} isn't looked at")
        for folder, place in zip(FOLDERS.get(kind, ()), READ.get(kind, ()), strict=True):
            what = f"{folder} of auth/{mount}"
            listed = self.gaps.read(what, lambda folder=folder: self.client.list(f"auth/{mount}/{folder}"), None)  # type: ignore[misc]
            for name in keys(listed):
                path = f"auth/{mount}/{place}/{name}"
                found = self.gaps.read(what, lambda path=path: self.client.get(path), None)  # type: ignore[misc]
                if found is not None:
                    yield self._one(path, kind, name, found)

    def _one(self, path: str, kind: str, name: str, found: Mapping[str, Any]) -> Importable:
        given = [one for key in FIELDS for one in _texts(found.get(key))]
        said = self.policies.access_of(given)
        return Importable(
            self.client.scope.address(_LOGIN, path),
            f"{kind} login",
            name,
            (said.block,) if said.block else (),
            topic=said.topic,
            lacking=(NO_WORKLOAD, *said.lacking, *self.policies.overlapping(said)),
        )


def _texts(value: Any) -> list[str]:
    found = normal([], value)
    return [str(one) for one in found] if isinstance(found, list) else []
