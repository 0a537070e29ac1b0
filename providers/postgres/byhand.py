"""What names a role and that no step takes away: somebody would lose data by it, or see more, or it is out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.postgres import sql
from providers.postgres.catalog import Dependency, Role
from providers.postgres.keys import GrantKey
from providers.postgres.lease import leased_group
from reconciler.model import ByHand

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_GOES = frozenset({"pg_default_acl", "pg_user_mapping"})
"""Catalogues of what a role owns and nobody misses."""
_KINDS = ("materialized view", "foreign table", "table", "view", "sequence", "schema", "function", "type", "database")


def by_hand(client: PostgresClient, role: Role, found: Dependency) -> ByHand | None:
    """Why a dependency stays, whatever our rights; None where it can be taken away."""
    if found.elsewhere:
        return ByHand(
            f"{found.role} owns, may use or is named by {found.number} objects in database {found.database}",
            f'there, look at what it owns and at policies, then REVOKE, or run DROP OWNED BY "{found.role}"',
        )
    if found.kind == "r":
        return _of_policy(client, role, found)
    if found.kind != "o":
        what = f"{found.role} holds a privilege on {found.description}, of a kind that isn't known here"
        return ByHand(what, "revoke it by hand, then plan again")
    if found.catalog in _GOES or ends_with_role(client, role, found):
        return None
    return ByHand(f"{found.role} owns {found.description}, which is not dropped or given away", _way_out(found))


def ends_with_role(client: PostgresClient, role: Role, found: Dependency) -> bool:
    """Whether it is a large object that a lease kept to itself."""
    private = found.private and leased_group(client.scope, role.comment)
    return found.catalog == "pg_largeobject" and bool(private)


def owned(key: GrantKey) -> ByHand:
    """Of a grant to a role that owns the object by now."""
    # Whoever gets the object next gets the owner's own entries too: taken from this one they would be lost to that one.
    return ByHand(
        f"{key.role} owns {key.object}, so what it may do there isn't granted",
        "give it to another role (ALTER … OWNER TO, REASSIGN OWNED BY), then plan again",
    )


def _of_policy(client: PostgresClient, role: Role, found: Dependency) -> ByHand | None:
    rows = client.query(sql.POLICY, {"oid": found.oid, "role": role.oid}) if found.catalog == "pg_policy" else ()
    if rows and all(permits for _, _, _, permits, _ in rows):
        return None
    return ByHand(
        f"{found.description} restricts {found.role}: without it the role would see more",
        "as the table's owner, DROP POLICY, or ALTER POLICY … TO other roles; then plan again",
    )


def _way_out(found: Dependency) -> str:
    if found.catalog == "pg_largeobject":
        return (
            f"drop it with lo_unlink({found.oid}), or ALTER LARGE OBJECT {found.oid} OWNER TO …; then plan again; "
            "REVOKE EXECUTE ON FUNCTION lo_create, lo_creat, lo_from_bytea FROM PUBLIC keeps logins from making them"
        )
    kind = next((one for one in _KINDS if found.description.startswith(f"{one} ")), "")
    name = found.description.removeprefix(f"{kind} ")
    alter = f"ALTER {kind.upper()} {name} OWNER TO …" if kind else "ALTER … OWNER TO …"
    return f"give it back to its owner, who isn't recorded here ({alter}), or drop it, then plan again"
