"""What can't be planned on this database as it is: objects that don't exist, a minter that can't mint."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from providers.postgres import sql
from providers.postgres.catalog import Minting, normal
from providers.postgres.keys import GrantKey, MembershipKey
from providers.postgres.names import GRANT, MEMBERSHIP, qualified, quoted, split_key
from providers.postgres.privileges import Kind
from reconciler.model import Address
from specs.diagnostic import Diagnostic, error, warning
from specs.suggest import Hints

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_RELATIONS = {"r": "table", "p": "table", "v": "table", "m": "table", "f": "table", "S": "sequence"}
_SPECS_NAME = frozenset({Kind.TABLE, Kind.COLUMN, Kind.SEQUENCE, Kind.FUNCTION, Kind.SCHEMA})


def check_objects(client: PostgresClient, wanted: Collection[Address]) -> tuple[Diagnostic, ...]:
    """One error for each address that is about an object or a minter that doesn't exist. Two queries at most."""
    texts: dict[str, list[Address]] = {}
    for address in wanted:
        if address.type == GRANT:
            texts.setdefault(split_key(address.key, ":")[1], []).append(address)
    minters: dict[str, list[Address]] = {}
    for address in wanted:
        membership = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
        if membership is not None:
            minters.setdefault(membership.member, []).append(address)
    asked = {
        key: addresses
        for text, addresses in texts.items()
        if (key := GrantKey.parse(f"_:{text}")) is not None and key.kind in _SPECS_NAME
    }
    if not asked and not minters:
        return ()
    known = _known(client, asked, minters)
    missing = [key for key in asked if (key.kind, *key[2:]) not in known]
    return (*_missing(client, missing, asked, known), *_no_minter(minters, known))


def _known(client: PostgresClient, asked: Collection[GrantKey], roles: Collection[str]) -> set[tuple[str, ...]]:
    columns = [key for key in asked if key.kind == Kind.COLUMN]
    rows = client.query(
        sql.OBJECTS,
        {
            "nsps": [key.schema or key.name for key in asked],
            "names": [key.name for key in asked],
            "column_nsps": [key.schema for key in columns],
            "column_names": [key.name for key in columns],
            "roles": list(roles),
        },
    )
    found: set[tuple[str, ...]] = set()
    for kind, schema, name, column, arguments in rows:
        if kind == "schema":
            found.add((Kind.SCHEMA, "", schema, "", ""))
        else:
            found.add((_RELATIONS.get(str(kind), str(kind)), schema, name, column, normal(arguments)))
    return found


def _missing(
    client: PostgresClient,
    missing: Collection[GrantKey],
    asked: dict[GrantKey, list[Address]],
    known: Collection[tuple[str, ...]],
) -> Iterator[Diagnostic]:
    if not missing:
        return
    neighbours = client.query(sql.NEIGHBOURS)
    named = {
        wanted: Hints({qualified(schema, name) for schema, name, function in neighbours if function is wanted}, "there")
        for wanted in (True, False)
    }
    schemas = Hints({quoted(schema) for schema, _, _ in neighbours} | {"public"}, "there")
    for key in missing:
        code, what, way_out = _explain(key, known, named[key.kind == Kind.FUNCTION], schemas)
        for address in asked[key]:
            yield error(code, f"{what} in database {client.database}", subject=str(address), help=way_out)


def _explain(key: GrantKey, known: Collection[tuple[str, ...]], named: Hints, schemas: Hints) -> tuple[str, str, str]:
    """Code, message and help."""
    name = qualified(key.schema, key.name) if key.schema else key.object
    kinds = {found[0] for found in known if found[1:3] == (key.schema, key.name)}
    if key.kind == Kind.SCHEMA:
        return "W450", f"schema {name} does not exist", schemas.of(name)
    if key.kind == Kind.COLUMN and "table" in kinds:
        columns = {quoted(found[3]) for found in known if found[:3] == (Kind.COLUMN, key.schema, key.name)}
        way_out = Hints(columns, "it has").of(quoted(key.column))
        return "W457", f"table {name} has no column {quoted(key.column)}", way_out
    if key.kind == Kind.FUNCTION and "function" in kinds:
        types = sorted(found[4] for found in known if found[:3] == (Kind.FUNCTION, key.schema, key.name))
        return (
            "W450",
            f"function {key.object} does not exist",
            f"there is {', '.join(f'{name}({one})' for one in types)}",
        )
    if key.kind in (Kind.TABLE, Kind.SEQUENCE, Kind.COLUMN) and kinds & {"table", "sequence"}:
        other = "sequence" if "sequence" in kinds else "table"
        return "W450", f"{name} is a {other}, not a {_shown(key)}", f"write it under {other}s"
    return "W450", f"{_shown(key)} {name} does not exist", named.of(name)


def _shown(key: GrantKey) -> str:
    return str(Kind.TABLE if key.kind == Kind.COLUMN else key.kind)


def _no_minter(minters: dict[str, list[Address]], known: Collection[tuple[str, ...]]) -> Iterator[Diagnostic]:
    for name, addresses in minters.items():
        if ("role", "", name, "", "") in known:
            continue
        for address in addresses:
            yield error(
                "W451",
                f"the minter {name} does not exist",
                subject=str(address),
                help="CREATE ROLE … LOGIN CREATEROLE, and GRANT pg_signal_backend TO it",
            )


def check_minting(client: PostgresClient, found: Minting | None) -> Iterator[Diagnostic]:
    """Warnings where a login could not be made, or not be ended."""
    settings = client.scope.settings
    if found is None:
        return
    exists, open_schemas = found.exists, found.open_schemas
    if settings.minter and exists and client.version < 160000:
        yield _warning(
            client,
            "W456",
            f"before PostgreSQL 16 the minter {settings.minter} is a full member of every group: ADMIN brings the rest",
            "upgrade, or guard that login as you guard the data",
        )
    if settings.minter and exists and not found.superuser:
        if not found.create_role:
            yield _warning(client, "W452", f"the minter {settings.minter} lacks CREATEROLE: no login can be made", "")
        if not found.signals:
            yield _warning(
                client,
                "W453",
                f"the minter {settings.minter} can't end sessions: they outlive their login, without its tables",
                f'GRANT pg_signal_backend TO "{settings.minter}"',
            )
    if open_schemas:
        yield _warning(
            client,
            "W454",
            f"PUBLIC may CREATE in schema {', '.join(open_schemas)}: a login that makes something can't be dropped",
            f"REVOKE CREATE ON SCHEMA {open_schemas[0]} FROM PUBLIC",
        )


def _warning(client: PostgresClient, code: str, message: str, help: str) -> Diagnostic:
    return warning(code, message, subject=client.scope.system, help=help)
