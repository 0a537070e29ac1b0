"""What of a role no list of rights says: what it owns, policies for it, rights to come, and schemas that are shut."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.postgres import catalog
from reconciler.model import Lacking

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_NAMED = """
SELECT refobjid, deptype, pg_describe_object(classid, objid, 0) FROM pg_shdepend
WHERE deptype IN ('o', 'r') AND refclassid = 'pg_authid'::regclass AND refobjid = ANY(%(oids)s)
  AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2, 3
"""
"""What is owned here (an owner has all rights, also where no list of rights says so), and policies for a role."""
_SCHEMAS = "SELECT nspname, nspowner, has_schema_privilege('public', oid, 'USAGE') FROM pg_namespace"
_GIVE_AWAY = "REASSIGN OWNED BY it TO whoever is to have it: an owner may do everything with it"
_OBJECTS = {"r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas", "L": "large objects"}
"""By pg_default_acl.defaclobjtype."""


@dataclass(frozen=True, slots=True)
class Beside:
    """By role."""

    schemas: Mapping[str, int | None]
    """Who may look into each without a grant: its owner; None for everybody."""
    owns: Mapping[int, list[Lacking]] = field(default_factory=dict)
    gets: Mapping[str, list[Lacking]] = field(default_factory=dict)
    """By name: row security and default privileges."""

    def open_to(self, oids: Collection[int], *, all_of_them: bool) -> frozenset[str]:
        """Schemas that roles may look into without a grant."""
        return frozenset(name for name, owner in self.schemas.items() if all_of_them or owner is None or owner in oids)

    def of(self, oid: int, name: str, *, ours: bool) -> list[Lacking]:
        """Of one role or group. What Writ's own roles get is the scope's business."""
        return [*self.owns.get(oid, ()), *(() if ours else self.gets.get(name, ()))]


def beside(client: PostgresClient, names: Mapping[int, str]) -> Beside:
    """Of roles (oid → name)."""
    oids: Collection[int] = list(names)
    owns: dict[int, list[Lacking]] = {}
    gets: dict[str, list[Lacking]] = {}
    for oid, kind, what in client.query(_NAMED, {"oids": list(oids)}):
        if kind == "o":
            owns.setdefault(int(oid), []).append(Lacking(f"it owns {what}", _GIVE_AWAY))
        else:
            why = f"{what} is for it: an agent with its grants would see other rows"
            gets.setdefault(names[int(oid)], []).append(Lacking(why, "say in the policy who else it is for"))
    for one in catalog.defaults(client, oids):
        if one.role:
            where = f" in schema {one.schema}" if one.schema else ""
            what = f"{', '.join(one.privileges)} on {_OBJECTS.get(one.kind, 'objects')} that {one.owner} makes{where}"
            gets.setdefault(one.role, []).append(Lacking(f"it gets {what}, and an intent names what there is"))
    schemas = {str(name): None if everybody else int(owner) for name, owner, everybody in client.query(_SCHEMAS)}
    return Beside(schemas, owns, gets)
