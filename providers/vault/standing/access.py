"""What a login may do by its policies, and whether that is too wide to be a purpose's.

What an entity or a group adds to a login isn't counted: it is known only once somebody logged in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from providers.vault.effective.compare import reaches
from providers.vault.effective.values import ROOT, Policy, PolicyError
from providers.vault.effective.world import parsed
from providers.vault.resource import text
from providers.vault.standing.gaps import Gaps
from reconciler.model import Side, Width, Witness

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

DEFAULT = "default"
_WRITING = ("create", "update", "patch", "sudo")
_POWER: Mapping[str, tuple[str, ...]] = {
    "sys/policies/acl/*": _WRITING,
    "auth/token/create": ("sudo",),
    "sys/auth/*": _WRITING,
    "sys/mounts/*": _WRITING,
    "sys/raw/*": ("read", *_WRITING),
    "auth/+/role/+": _WRITING,
    "auth/+/role/+/secret-id": _WRITING,
    "auth/+/users/+": _WRITING,
    "identity/entity/*": _WRITING,
    "identity/group/*": _WRITING,
    "+/roles/+": _WRITING,
}
"""What gives whoever may do it any access: paths and capabilities."""
_USING = ("read", "create", "update", "patch", "delete")
Texts = tuple[tuple[str, str, str], ...]
"""(Name, text, expiry) of policies, as effective.world has them."""


@dataclass(frozen=True, slots=True)
class Held:
    """A login's policies. Hashable."""

    texts: Texts
    """Without ``default``, sorted."""
    default: str
    """The text of the policy ``default``: all but Writ's own logins have it as well."""


@dataclass(slots=True)
class Policies:
    """Policies by name, read when one is first named. Safe between threads."""

    client: VaultClient
    gaps: Gaps
    mounts: tuple[str, ...] = ()
    """Paths of secret engines, without the slash at the end."""
    _known: dict[str, str | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def held(self, names: Iterable[str]) -> Held | None:
        """What these come to; None where one may not be read."""
        found: list[tuple[str, str, str]] = []
        for name in sorted({one.lower() for one in names} - {DEFAULT}):
            body = "" if name == ROOT else self._text(name)
            if body is None:
                return None
            found.append((name, body, ""))
        return Held(tuple(found), self._text(DEFAULT) or "")

    def widths(self, held: Held | None) -> tuple[Width, ...]:
        """A request that shows that it may do more than any purpose needs."""
        if held is None:
            return ()
        witness = _widest(held.texts, self.mounts)
        return () if witness is None else (Width(Side.REACH, witness),)

    def _text(self, name: str) -> str | None:
        with self._lock:
            if name not in self._known:
                self._known[name] = self.gaps.read("texts of policies", lambda: self._read(name), None)
            return self._known[name]

    def _read(self, name: str) -> str:
        """Empty where there is no such policy: it gives nothing."""
        found = self.client.get(f"sys/policies/acl/{name}")
        return text(found, "policy") if found else ""


@lru_cache(maxsize=4096)
def _widest(texts: Texts, mounts: tuple[str, ...]) -> Witness | None:
    """The first certain one. Equal sets of policies are decided once."""
    try:
        policies = [parsed(*one) for one in texts]
    except PolicyError:
        return None
    if any(policy.name == ROOT for policy in policies):
        return Witness("every request", note="policy root")
    for path, capabilities in {**_POWER, **dict.fromkeys(_whole(policies, mounts), _USING)}.items():
        witness = reaches(policies, path, capabilities)
        if witness is not None and witness.certain:
            return witness
    return None


def _whole(policies: list[Policy], mounts: tuple[str, ...]) -> list[str]:
    """Paths of rules that take in a whole secret engine."""
    whole = {"*", "+/*", *(f"{one}/*" for one in mounts), *(f"{one}/data/*" for one in mounts)}
    found = {rule.path for policy in policies for rule in policy.rules if rule.capabilities & set(_USING)}
    return sorted(found & whole)
