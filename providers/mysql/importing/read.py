"""The roles and users of a server in the words of the specs, by the roles that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.mysql import catalog
from providers.mysql.access import Grant
from providers.mysql.keys import GrantKey
from providers.mysql.live import role_live
from providers.mysql.marker import is_marker, marker_role
from providers.mysql.names import ROLE, quoted
from providers.mysql.privileges import GRANT_OPTION, Kind
from reconciler.model import Importable, Lacking, Ownership, Said
from reconciler.provider.wording import NO_WORKLOAD, refusal

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_USER = "mysql_user"
_FIELDS: Mapping[str, str] = {
    Kind.DATABASE: "databases",
    Kind.TABLE: "tables",
    Kind.PROCEDURE: "procedures",
    Kind.FUNCTION: "functions",
}
_NOBODY = Lacking(
    "nobody logs in as it, and no workload proves itself for it: what it may do, users have that have this role",
    "give whoever uses them an agent with this intent",
)
_ITS_OWN = Lacking("what it holds by itself, besides its roles, isn't looked at", "SHOW GRANTS FOR it")


def importable(client: MysqlClient) -> Iterator[Importable]:
    """Every role without markers, then users that have one, without those that log in for others and minted ones."""
    found = {name: bits for name, bits in catalog.roles(client, [], prefix="").items() if not is_marker(name)}
    groups: dict[str, list[str]] = {}
    for edge in catalog.role_edges(client):
        groups.setdefault(edge.account.user, []).append(edge.role)
    held: dict[str, dict[GrantKey, frozenset[str]]] = {}
    rows = (one for one in catalog.holdings(client, found) if not one.namesake)
    for key, privileges in catalog.together(rows).items():
        held.setdefault(key.role, {})[key] = privileges
    ours: set[str] = set()
    for name in sorted(found):
        marked = role_live(client, name, groups.get(name, ()), in_scope=True).ownership is Ownership.OURS
        if marked and name.startswith(client.scope.settings.role_prefix):
            ours.add(name)
        yield _role(client, name, _closure([name], groups), held, ours=name in ours)
    yield from _users(client, found, groups, held, ours)


def _role(
    client: MysqlClient,
    name: str,
    reached: set[str],
    held: Mapping[str, Mapping[GrantKey, frozenset[str]]],
    *,
    ours: bool,
) -> Importable:
    own = reached - {marker_role(client.scope)}
    grants, lacking, topic = _access(one for role in sorted(own) for one in held.get(role, {}).items())
    agent, _, intent = name.removeprefix(client.scope.settings.role_prefix).partition("_")
    return Importable(
        client.scope.address(ROLE, name),
        "role",
        name,
        ({"grants": grants},) if grants else (),
        topic=topic,
        said=Said(agent, intent) if ours else Said(),
        lacking=tuple(lacking) if ours else (_NOBODY, *lacking),
    )


def _users(
    client: MysqlClient,
    found: Iterable[str],
    groups: Mapping[str, list[str]],
    held: Mapping[str, Mapping[GrantKey, frozenset[str]]],
    ours: set[str],
) -> Iterator[Importable]:
    roles: dict[str, list[str]] = {}
    minting = {str(client.account), str(client.scope.settings.minting or "")}
    for one in catalog.members(client, list(found)):
        roles.setdefault(str(one.account), []).append(one.role)
    for user, given in sorted(roles.items()):
        if user in minting or set(given) <= ours:
            continue
        reached = sorted(_closure(given, groups))
        grants, lacking, topic = _access(one for role in reached for one in held.get(role, {}).items())
        block = ({"grants": grants},) if grants else ()
        address = client.scope.address(_USER, user)
        yield Importable(address, "user", user, block, topic=topic, lacking=(NO_WORKLOAD, _ITS_OWN, *lacking))


def _access(
    held: Iterable[tuple[GrantKey, frozenset[str]]],
) -> tuple[list[dict[str, Any]], list[Lacking], str]:
    """Objects with equal privileges in one grant; columns of one table with equal privileges too."""
    together: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    lacking: list[Lacking] = []
    topics: list[tuple[str, bool]] = []
    for key, privileges in sorted(held, key=lambda item: str(item[0]._replace(role=""))):
        words, plain = tuple(sorted(privileges - {GRANT_OPTION})), key._replace(role="")
        name = quoted(key.column) if key.kind == Kind.COLUMN else plain.object
        table = plain.table.object if key.kind == Kind.COLUMN else ""
        if GRANT_OPTION in privileges:
            lacking.append(Lacking(f"it may pass on what it has on {plain.object}, which no intent gives"))
        if not words or name in together.get((key.kind, table, words), ()):
            continue
        known = key.kind in {*_FIELDS, Kind.COLUMN}
        asked = {"privileges": list(words), **(_objects(key.kind, table, [name]) if known else {})}
        what = f"{', '.join(words)} on {plain.object}"
        wrong = refusal(Grant, asked, what) if known else Lacking(f"{what}, which no intent gives")
        if wrong is not None:
            lacking.append(wrong)
        else:
            together.setdefault((key.kind, table, words), []).append(name)
            topics.append((key.name or key.database, set(words) <= {"SELECT"}))
    grants = [
        {"privileges": list(words), **_objects(kind, table, names)} for (kind, table, words), names in together.items()
    ]
    topic = f"{topics[0][0]}.{'read' if all(reading for _, reading in topics) else 'write'}" if topics else ""
    return grants, lacking, topic


def _objects(kind: str, table: str, names: list[str]) -> dict[str, Any]:
    return {"tables": [table], "columns": names} if kind == Kind.COLUMN else {_FIELDS[kind]: names}


def _closure(start: Iterable[str], groups: Mapping[str, list[str]]) -> set[str]:
    """Roles, with those that they have."""
    fresh = list(start)
    seen = set(fresh)
    while fresh:
        for role in groups.get(fresh.pop(), ()):
            if role not in seen:
                seen.add(role)
                fresh.append(role)
    return seen
