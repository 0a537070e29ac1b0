"""Objects of the systems as data: wanted, found, and why they exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.address import Address
from specs.diagnostic import Diagnostic
from specs.source import SourceSpan

Value: TypeAlias = "bool | int | str | Sequence[Value] | Mapping[str, Value] | None"
"""JSON data, already normalised by its provider: equal access means equal values. Never changed in place."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One object: its address and its attributes."""

    address: Address
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Origin:
    """Why an object is wanted, and the YAML that says so."""

    reason: str
    agent: str = ""
    intent: str = ""
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """An object that the specs want. It is made after everything in ``depends_on``, and deleted before it."""

    resource: Resource
    origin: Origin
    depends_on: tuple[Address, ...] = ()
    until: datetime | None = None
    """UTC. From then on it isn't wanted any more: access that no system ends by itself is declared with its end."""
    adopts: bool = False
    """Its name is the specs' own word, for an object that may stand there already: it is taken over, without our marker
    too, if nothing but words has to be changed for that."""
    places: tuple[tuple[str, SourceSpan], ...] = ()
    """Findings' codes with the YAML that those are about, where it isn't the origin's: a part of the object."""

    def place(self, code: str) -> SourceSpan | None:
        """The YAML that a finding with this code is about."""
        return dict(self.places).get(code, self.origin.span)


class Ownership(StrEnum):
    """Whose a found object is, as far as the system can tell."""

    OURS = "ours"
    """Carries our marker (for this environment and system), or lies in a container that does."""
    UNMARKED = "unmarked"
    """In the scope, of a type that has no room for a marker: ours by its place."""
    FOREIGN = "foreign"
    """Could carry our marker and doesn't."""
    OTHER = "other"
    """Carries the marker of another environment or system."""


_NOT_OURS = frozenset({Ownership.FOREIGN, Ownership.OTHER})


@dataclass(frozen=True, slots=True)
class ByHand:
    """Why no step of ours can change or remove an object, and what somebody can do about it: for people."""

    why: str
    how: str


@dataclass(frozen=True, slots=True)
class Live:
    """An object as found in its system."""

    resource: Resource
    ownership: Ownership
    depends_on: tuple[Address, ...] = ()
    """Objects that must outlive this one (its role, its mount)."""
    version: str = ""
    """The server's own version of the object, for compare-and-set, where it has one."""
    note: str = ""
    """For FOREIGN and OTHER: why, for people."""
    in_scope: bool = True
    """False for an object outside the scope, read only because its address is wanted or recorded."""

    native_id: str = ""
    """The server's own id of this very object, or of what it is part of: another one under the same name has another.
    Empty where the system has none."""
    by_hand: ByHand | None = None
    """Where any step that changes or removes it is bound to fail, whatever our rights (it would lose data, or somebody
    would gain): the plan announces none."""
    overdue: str = ""
    """Of access whose time is over by what the system itself holds, and that is still there: since when, for people."""

    def is_anothers(self, *, recorded: bool, native_id: str = "") -> bool:
        """Never ours to touch. ``native_id``: as recorded; empty where it isn't known.

        Outside the scope a marker that isn't ours means that somebody made it anew under a name that we once used, and
        anywhere if it isn't the very object that we recorded. Inside, what we recorded is ours whatever marker it has
        now: it lost it, or somebody forged another's.
        """
        if not recorded:
            return self.ownership is Ownership.OTHER or (self.ownership is Ownership.FOREIGN and not self.in_scope)
        made_anew = bool(native_id and self.native_id) and native_id != self.native_id
        return self.ownership in _NOT_OURS and (made_anew or not self.in_scope)


PLACE = "place"
"""The fact that tells one system from another behind the same name: an account, a cluster, a database."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one bulk reading of a system found: its whole scope, and the wanted addresses outside it."""

    objects: Mapping[Address, Live]
    diagnostics: tuple[Diagnostic, ...] = ()
    """What can't be planned on this system as it is (a database connection that doesn't exist)."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """For people: server version, who we are there; and PLACE."""
    surroundings: object = None
    """What else of the system the access of its objects hangs on (what the server gives everybody). The provider's own
    form, for Provider.access_changes; never saved."""
    observed: Mapping[Address, Resource] = field(default_factory=dict)
    """What isn't ours, is never written, and bears on the access of ours (a boundary's policy). Of no object's address.
    Apply records it, so that a change of it is told."""

    @property
    def everything(self) -> dict[Address, Resource]:
        """All that was found, without whose it is."""
        return {**self.observed, **{address: one.resource for address, one in self.objects.items()}}
