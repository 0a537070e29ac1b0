"""The keys of addresses: what identifies a grant, a membership, a default privilege."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from providers.postgres.names import quoted, role_text, split_key, split_name
from providers.postgres.privileges import Kind
from providers.postgres.signature import BadSignature, split_signature

_ARROW = "->"


class GrantKey(NamedTuple):
    """``writ_a_b:column:public.orders.email``: one role's privileges on one object."""

    role: str
    kind: str
    schema: str
    """Raw; empty for what is in no schema."""
    name: str
    """Raw. A large object's number; a schema's, database's, parameter's own name."""
    column: str = ""
    """Raw."""
    arguments: str = ""
    """Normal form (providers.postgres.signature)."""

    def __str__(self) -> str:
        return f"{role_text(self.role)}:{self.kind}:{self.object}"

    @property
    def object(self) -> str:
        """The object as it is written in specs."""
        if self.kind == Kind.PARAMETER:
            return self.name
        names = ".".join([quoted(part) for part in (self.schema, self.name, self.column) if part])
        return f"{names}({self.arguments})" if self.kind == Kind.FUNCTION else names

    @classmethod
    def parse(cls, key: str) -> GrantKey | None:
        """None for a text that isn't such a key."""
        role, rest = split_key(key, ":")
        return cls._of_kind(role, rest)

    @classmethod
    def of_everybody(cls, key: str) -> GrantKey | None:
        """Of what is observed of PUBLIC: ``table:public.orders``. None for a text that isn't such a key."""
        return cls._of_kind("", key)

    @property
    def whole(self) -> GrantKey:
        """The object itself, of no role; of a column its table."""
        kind = Kind.TABLE if self.kind == Kind.COLUMN else self.kind
        return self._replace(role="", kind=kind, column="")

    @property
    def everybodys(self) -> str:
        """The inverse of of_everybody."""
        return f"{self.kind}:{self.object}"

    @classmethod
    def _of_kind(cls, role: str, key: str) -> GrantKey | None:
        kind, _, text = key.partition(":")
        if kind not in set(Kind) or not text:
            return None
        return cls._of_object(role, kind, text)

    @classmethod
    def _of_object(cls, role: str, kind: str, text: str) -> GrantKey | None:
        arguments = ""
        if kind == Kind.PARAMETER:
            return cls(role, kind, "", text)
        if kind == Kind.FUNCTION:
            try:
                text, arguments = split_signature(text)
            except BadSignature:
                return None
        parts = split_name(text)
        if parts is None or len(parts) != _PARTS.get(kind, 1):
            return None
        if len(parts) == 1:
            return cls(role, kind, "", parts[0])
        return cls(role, kind, parts[0], parts[1], parts[2] if len(parts) == 3 else "", arguments)


_PARTS: Mapping[str, int] = {Kind.TABLE: 2, Kind.SEQUENCE: 2, Kind.FUNCTION: 2, Kind.TYPE: 2, Kind.COLUMN: 3}
"""How many parts an object's name has; one for every other kind."""


class MembershipKey(NamedTuple):
    """``minter->writ_a_b``: a role that is a member of another."""

    member: str
    group: str

    def __str__(self) -> str:
        return f"{role_text(self.member)}{_ARROW}{role_text(self.group)}"

    @classmethod
    def parse(cls, key: str) -> MembershipKey | None:
        """None for a text that isn't such a key."""
        member, rest = split_key(key, _ARROW)
        group, more = split_key(rest, _ARROW)
        return cls(member, group) if member and group and not more else None


class DefaultKey(NamedTuple):
    """``writ_a_b:alice:public:table``: what a role gets on every object that another one will make."""

    role: str
    owner: str
    schema: str
    """Empty: in every schema."""
    kind: str

    def __str__(self) -> str:
        schema = quoted(self.schema) if self.schema else ""
        return f"{role_text(self.role)}:{role_text(self.owner)}:{schema}:{self.kind}"

    @classmethod
    def parse(cls, key: str) -> DefaultKey | None:
        """None for a text that isn't such a key."""
        role, rest = split_key(key, ":")
        owner, rest = split_key(rest, ":")
        schema, kind = split_key(rest, ":")
        return cls(role, owner, schema, kind) if role and owner and kind else None

    @classmethod
    def of_everybody(cls, key: str) -> DefaultKey | None:
        """Of what is observed of PUBLIC: ``alice:public:table``. None for a text that isn't such a key."""
        owner, rest = split_key(key, ":")
        schema, kind = split_key(rest, ":")
        return cls("", owner, schema, kind) if owner and kind else None

    @property
    def everybodys(self) -> str:
        """The inverse of of_everybody."""
        return f"{role_text(self.owner)}:{quoted(self.schema) if self.schema else ''}:{self.kind}"


class DependencyKey(NamedTuple):
    """``writ_a_b:owner:table public.stuff``: something else in the cluster that names a role."""

    role: str
    relation: str
    """owner, policy, privilege, or database: in another one."""
    object: str

    def __str__(self) -> str:
        return f"{role_text(self.role)}:{self.relation}:{self.object}"

    @classmethod
    def parse(cls, key: str) -> DependencyKey | None:
        """None for a text that isn't such a key."""
        role, rest = split_key(key, ":")
        relation, _, described = rest.partition(":")
        return cls(role, relation, described) if role and described else None
