"""What a workload's tokens may do besides: by the entity that its alias leads to, and by that one's groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from providers.vault.resource import text, texts
from providers.vault.standing.gaps import Gaps
from reconciler.model import Lacking

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_HELP = "give that by a role of its own, and take it off there; then import again"


@dataclass(slots=True)
class Identities:
    """Entities and groups as they are asked for."""

    client: VaultClient
    gaps: Gaps
    _groups: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def beside(self, accessor: str, subject: str) -> Iterator[Lacking]:
        """Policies that a login of this subject at the mount of this accessor gets, and its role doesn't give."""
        asked = {"alias_name": subject, "alias_mount_accessor": accessor}
        found = self.gaps.read("entities", lambda: self.client.ask("identity/lookup/entity", asked), None)
        if not found:
            return
        yield from _given(f"entity {text(found, 'name')}", found)
        for key in sorted({*texts(found, "direct_group_ids"), *texts(found, "inherited_group_ids")}):
            group = self._group(key)
            yield from _given(f"group {text(group, 'name')}", group)

    def _group(self, key: str) -> Mapping[str, Any]:
        if key not in self._groups:
            found = self.gaps.read("identity groups", lambda: self.client.get(f"identity/group/id/{key}"), None)
            self._groups[key] = found or {}
        return self._groups[key]


def _given(what: str, found: Mapping[str, Any]) -> Iterator[Lacking]:
    if policies := texts(found, "policies"):
        yield Lacking(f"{what} gives it {', '.join(sorted(policies))} besides: its intent says less", _HELP)
