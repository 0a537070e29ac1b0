"""One world of a server's objects: which policies a login by a role comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from providers.vault.allowed_role import serves
from providers.vault.effective.filled import Known, filled, known_of
from providers.vault.effective.parse import parse
from providers.vault.effective.values import ROOT, Policy
from providers.vault.names import ALIAS, ENTITY, GROUP_MEMBER, JWT_ROLE, POLICY, split_last
from reconciler.model import Address, Resource, Value

_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the operator has, as far as it was read."""

    policies: Mapping[str, str] = field(default_factory=dict)
    """Outside the scope, by name in lower case, that nothing of ours names: what is named is observed."""
    complete: bool = False
    """Whether a name that isn't known isn't there."""


class NotKnown(Exception):  # noqa: N818
    """What a login comes to hangs on something that wasn't read. The message says on what."""


@dataclass(frozen=True)
class World:
    """Objects of one side of a change, and what surrounds them."""

    objects: Mapping[Address, Resource]
    around: Surroundings

    @cached_property
    def _texts(self) -> Mapping[str, Resource]:
        return {address.key.lower(): one for address, one in self.objects.items() if address.type == POLICY}

    @cached_property
    def entities(self) -> Mapping[str, Resource]:
        """By name."""
        return {address.key: one for address, one in self.objects.items() if address.type == ENTITY}

    @cached_property
    def _aliases(self) -> Mapping[tuple[str, str], str]:
        """Entity by (mount, subject)."""
        found = (one.attributes for address, one in self.objects.items() if address.type == ALIAS)
        return {(str(one["mount"]), str(one["name"])): str(one["entity"]) for one in found}

    @cached_property
    def _groups(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for address, one in self.objects.items():
            if address.type == GROUP_MEMBER:
                found.setdefault(str(one.attributes["entity"]), []).append(one)
        return found

    @cached_property
    def roles_by_policy(self) -> Mapping[str, list[Address]]:
        """Roles by the policies that their logins come to, as far as those are known."""
        found: dict[str, list[Address]] = {}
        for address in self.objects:
            if address.type == JWT_ROLE:
                for name in self._known_names(address):
                    found.setdefault(name, []).append(address)
        return found

    def _known_names(self, role: Address) -> tuple[str, ...]:
        try:
            return self.names(role) or ()
        except NotKnown:
            return tuple(_names(self.objects[role].attributes.get("token_policies")))

    @cached_property
    def roles_by_entity(self) -> Mapping[str, list[Address]]:
        """Roles whose logins become an entity."""
        found: dict[str, list[Address]] = {}
        for address in self.objects:
            if address.type == JWT_ROLE and (entity := self.entity_of(address)):
                found.setdefault(entity, []).append(address)
        return found

    def entity_of(self, role: Address) -> str:
        """The entity that a login by a role becomes; empty where it makes one of its own, or isn't known."""
        found = self.objects.get(role)
        if found is None:
            return ""
        mount, _ = split_last(role.key)
        return self._aliases.get((mount, str(found.attributes.get("bound_subject", ""))), "")

    def names(self, role: Address) -> tuple[str, ...] | None:
        """Policies of a login by a role, sorted; None where there is no role, or its entity is disabled.

        Raises NotKnown.
        """
        found = self.objects.get(role)
        if found is None:
            return None
        values = found.attributes
        names = set(_names(values.get("token_policies")))
        if not values.get("token_no_default_policy"):
            names.add(_DEFAULT)
        if values.get("token_policies_template_claims"):
            raise NotKnown("claims choose the policies (token_policies_template_claims)")
        entity = self.entity_of(role)
        if entity:
            known = self.entities.get(entity)
            if known is None:
                raise NotKnown(f"the login becomes entity {entity}, which is outside the scope")
            if known.attributes.get("disabled"):
                return None
            names |= set(_names(known.attributes.get("policies")))
            for group in self._groups.get(entity, ()):
                names |= set(_names(group.attributes.get("policies")))
                names |= set(_names(group.attributes.get("inherited_policies")))
        return tuple(sorted(names))

    def given(self, holder: Resource | None) -> tuple[str, ...]:
        """Policies of ours that a holder gives: by name, or all that its pattern matches. Sorted."""
        entries = set(_names(holder.attributes.get("policies"))) if holder else set()
        patterns = {
            one: f"{one.partition('{{')[0]}*" if "{{" in one else one for one in entries if set("*{") & set(one)
        }
        matched = {name for name in self._texts for one in patterns.values() if serves(one, name)}
        return tuple(sorted(matched | entries - patterns.keys()))

    def policies(self, role: Address) -> tuple[Policy, ...] | None:
        """What a login by a role comes to; None as of ``names``. Raises NotKnown and PolicyError."""
        names = self.names(role)
        if names is None:
            return None
        known = self.known(role)
        return tuple(filled(parsed(*one), known) for one in self.texts(names))

    def known(self, role: Address) -> Known:
        """What templates stand for in the policies of a login by a role."""
        return known_of(self.entities.get(self.entity_of(role)))

    def texts(self, names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
        """(name, text, expiry) of each; one that isn't there gives no right. Raises NotKnown."""
        return tuple(self._one(name) for name in names)

    def _one(self, name: str) -> tuple[str, str, str]:
        ours = self._texts.get(name)
        if ours is not None and ours.attributes["policy"] is None:
            raise NotKnown(f"the policy {name} can't be read")
        if ours is not None:
            return name, str(ours.attributes["policy"]), str(ours.attributes.get("expiration") or "")
        if name == ROOT:
            return name, "", ""
        text = self.around.policies.get(name)
        if text is None and not self.around.complete:
            raise NotKnown(f"the policy {name} can't be read")
        return name, text or "", ""


def _names(value: Value) -> Iterator[str]:
    if isinstance(value, list | tuple):
        yield from (str(one).lower() for one in value)


@lru_cache(maxsize=4096)
def parsed(name: str, text: str, expires: str) -> Policy:
    """A policy of a world. Raises PolicyError."""
    return Policy(ROOT) if name == ROOT else parse(name, text, expires=expires)
