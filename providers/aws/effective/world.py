"""One world of an account's objects: each role with all that hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from providers.aws.effective.document import DocumentError, Kind, Policy
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.tagged import may_tag_sessions, settled, speaks_of_tags
from providers.aws.naming import ATTACHMENT, MANAGED_POLICY, PROFILE_ROLE, ROLE, ROLE_POLICY
from reconciler.model import Address, Resource, Value


@dataclass(frozen=True, slots=True)
class Role:
    """A role's documents, as found: equal texts are equal access."""

    trust: str
    inline: frozenset[str]
    attached: frozenset[str]
    """ARNs."""
    boundary: str
    """ARN, or empty."""
    profiles: frozenset[str]
    session: int
    """Seconds."""
    tags: frozenset[tuple[str, str]]

    def session_tags(self, texts: Iterable[str]) -> frozenset[tuple[str, str]] | None:
        """The tags of its sessions; None where none of the documents asks, or somebody may choose others."""
        asked = speaks_of_tags(texts) and not may_tag_sessions(self.trust)
        return self.tags if asked else None


@dataclass(frozen=True)
class World:
    """Objects, the managed policies that they name among them."""

    objects: Mapping[Address, Resource]

    @cached_property
    def managed(self) -> Mapping[str, str]:
        """Managed policies' documents by ARN, where they are known."""
        return managed_of(self.objects)

    @cached_property
    def _hanging(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for address, resource in self.objects.items():
            if address.type in (ROLE_POLICY, ATTACHMENT, PROFILE_ROLE):
                found.setdefault(str(resource.attributes["role"]), []).append(resource)
        return found

    def role(self, address: Address) -> Role | None:
        """As it is in this world; None if it isn't."""
        found = self.objects.get(address)
        if found is None:
            return None
        values = found.attributes
        hanging = self._hanging.get(address.key, ())

        def of(kind: str, name: str) -> frozenset[str]:
            return frozenset(str(one.attributes[name]) for one in hanging if one.address.type == kind)

        return Role(
            trust=str(values["assume_role_policy"]),
            inline=of(ROLE_POLICY, "policy"),
            attached=of(ATTACHMENT, "policy_arn"),
            boundary=str(values["permissions_boundary"] or ""),
            profiles=of(PROFILE_ROLE, "instance_profile"),
            session=seconds(values["max_session_duration"]),
            tags=frozenset((str(name), str(value)) for name, value in _fields(values.get("tags")).items()),
        )

    def naming(self, arns: Collection[str]) -> Iterator[Address]:
        """Roles that one of these policies bounds or gives something."""
        for address in self.objects if arns else ():
            role = self.role(address) if address.type == ROLE else None
            if role is not None and not role.attached.union([role.boundary]).isdisjoint(arns):
                yield address

    def reach(self, role: Role | None) -> tuple[object, ...]:
        """What decides on its access: where this is equal, so is that."""
        if role is None:
            return ()
        named = frozenset((arn, self.managed.get(arn)) for arn in (*role.attached, role.boundary))
        return (role.inline, role.attached, role.boundary, named, role.session_tags(self._texts(role)))

    def _texts(self, role: Role) -> Iterator[str]:
        yield from role.inline
        yield from (self.managed.get(arn, "") for arn in (*role.attached, role.boundary))

    def principal(self, role: Role | None) -> Principal | None:
        """Its composed access. Raises DocumentError where a document isn't known or isn't understood."""
        if role is None:
            return None
        texts = [*sorted(role.inline), *(self._text(arn) for arn in sorted(role.attached))]
        boundary = (of_role(self._text(role.boundary), role),) if role.boundary else None
        return Principal(tuple(of_role(text, role) for text in texts), boundary)

    def _text(self, arn: str) -> str:
        if arn not in self.managed:
            raise DocumentError(f"{arn} can't be read, or isn't there")
        return self.managed[arn]


def managed_of(objects: Mapping[Address, Resource]) -> dict[str, str]:
    """Documents by ARN, of the managed policies among objects that could be read."""
    found = {
        address.key: one.attributes["policy"] for address, one in objects.items() if address.type == MANAGED_POLICY
    }
    return {arn: text for arn, text in found.items() if isinstance(text, str)}


def of_role(text: str, role: Role) -> Policy:
    """A document as it is for a role with its tags. Raises DocumentError."""
    tags = role.session_tags((text,))
    return parsed(text) if tags is None else settled(parsed(text), dict(tags))


def _fields(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def seconds(value: Value) -> int:
    """Seconds as found."""
    return value if isinstance(value, int) else 0


@lru_cache(maxsize=32_768)
def parsed(text: str, kind: Kind = Kind.IDENTITY) -> Policy:
    """A document. Raises DocumentError."""
    return Policy.parse(text, kind)
