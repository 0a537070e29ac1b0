"""Tokens that are alive, counted by what they are alike in, and the roles that tokens are made by. Never a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from providers.vault.resource import keys, text, texts
from providers.vault.standing.access import Policies
from providers.vault.standing.gaps import Gaps
from providers.vault.standing.values import batches, moment, number
from reconciler.model import Holds, Side, Standing, Value, Whose, Width, Witness
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

TOKEN = "vault_token"  # noqa: S105 - a type's name
TOKEN_ROLE = "vault_token_auth_backend_role"  # noqa: S105 - a type's name
_TOKENS, _ROLES = "tokens that are alive", "token roles"
_HOUR = 3600
_ORPHANS = Width(Side.TRUST, Witness("tokens that outlive whoever made them", note="orphan"))
_ANY_POLICY = Width(Side.REACH, Witness("tokens with any policy", note="allowed_policies_glob is *"))


class _Kind(NamedTuple):
    """What tokens are told of as one for."""

    path: str
    """Where they were made."""
    name: str
    policies: tuple[str, ...]
    orphan: bool
    period: int
    hours: int
    """Their life, rounded up; 0: without end."""
    whose: Whose

    @property
    def key(self) -> str:
        life = "without end" if not self.hours else f"{self.hours}h"
        orphan = " orphan" if self.orphan else ""
        return f"{self.path} {self.name} {','.join(self.policies)}{orphan} {life}".strip()


@dataclass(slots=True)
class _Group:
    number: int = 0
    oldest: datetime | None = None

    def add(self, made: datetime | None) -> None:
        self.number += 1
        if made is not None and (self.oldest is None or made < self.oldest):
            self.oldest = made


@dataclass(slots=True)
class Tokens:
    """Reads one server's tokens."""

    client: VaultClient
    gaps: Gaps
    policies: Policies
    own: str = ""
    """The accessor of the token that we use."""
    _groups: dict[_Kind, _Group] = field(default_factory=dict)
    _renewing: set[str] = field(default_factory=set)
    """Roles whose tokens are renewed for ever: a token doesn't say so itself."""

    def alive(self) -> Iterator[Standing]:
        """All that have an accessor (batch tokens have none): one for each kind. After ``roles``."""
        listed = self.gaps.read(_TOKENS, lambda: self.client.list("auth/token/accessors"), None)
        for batch in batches(keys(listed)):
            for found in self.client.each(self._look_up, batch):
                if found is not None:
                    self._groups.setdefault(self._kind(found), _Group()).add(moment(found.get("creation_time")))
        for kind, group in self._groups.items():
            yield self._standing(kind, group)

    def _look_up(self, accessor: str) -> dict[str, Any] | None:
        body = {"accessor": accessor}
        try:
            return self.gaps.read(_TOKENS, lambda: self.client.ask("auth/token/lookup-accessor", body), None)
        except Rejected:  # it has ended since
            return None

    def _kind(self, found: Mapping[str, Any]) -> _Kind:
        path, period = text(found, "path"), number(found, "period")
        made, end = moment(found.get("creation_time")), moment(found.get("expire_time"))
        capped = number(found, "explicit_max_ttl")
        renewed_for_ever = (period > 0 and not capped) or text(found, "role") in self._renewing
        life = 0 if end is None or made is None or renewed_for_ever else int((end - made).total_seconds())
        mounts = tuple(f"auth/{mount}/" for mount in self.client.scope.settings.mounts)
        whose = Whose.DYNAMIC if path.startswith(mounts) else Whose.STANDING
        whose = Whose.OPERATOR if text(found, "accessor") == self.own else whose
        names = tuple(sorted(texts(found, "policies")))
        return _Kind(
            path, text(found, "display_name"), names, bool(found.get("orphan")), period, -(-life // _HOUR), whose
        )

    def _standing(self, kind: _Kind, group: _Group) -> Standing:
        held = self.policies.held(kind.policies)
        facts: dict[str, Value] = {"orphan": kind.orphan, "period": kind.period, "made_by": kind.path}
        return Standing(
            self.client.scope.address(TOKEN, kind.key),
            "token",
            whose=kind.whose,
            count=group.number,
            holds=Holds.CREDENTIAL,
            created=group.oldest,
            life=kind.hours * _HOUR or None,
            endless=not kind.hours,
            widths=self.policies.widths(held),
            facts=facts | {"policies": list(kind.policies)},
            access=held,
        )

    def roles(self) -> Iterator[Standing]:
        """Whoever may use one makes tokens as it says."""
        listed = self.gaps.read(_ROLES, lambda: self.client.list("auth/token/roles"), None)

        def one(name: str) -> Standing | None:
            found = self.gaps.read(_ROLES, lambda: self.client.get(f"auth/token/roles/{name}"), None)
            return None if found is None else self._role(name, found)

        for batch in batches(keys(listed)):
            yield from (made for made in self.client.each(one, batch) if made is not None)

    def _role(self, name: str, found: Mapping[str, Any]) -> Standing:
        period = number(found, "token_period", "period")
        capped = number(found, "token_explicit_max_ttl", "explicit_max_ttl")
        held = self.policies.held(texts(found, "allowed_policies"))
        orphan, endless = bool(found.get("orphan")), period > 0 and not capped
        if endless:
            self._renewing.add(name)
        wide = (
            *((_ORPHANS,) if orphan else ()),
            *((_ANY_POLICY,) if "*" in texts(found, "allowed_policies_glob") else ()),
        )
        facts: dict[str, Value] = {"orphan": orphan, "period": period, "explicit_max_ttl": capped}
        return Standing(
            self.client.scope.address(TOKEN_ROLE, name),
            "token role",
            endless=endless,
            widths=(*wide, *self.policies.widths(held)),
            facts=facts | {"allowed_policies": texts(found, "allowed_policies")},
            access=held,
        )
