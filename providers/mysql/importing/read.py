"""The roles and users of a server in the words of the specs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from providers.mysql import catalog
from providers.mysql.importing.access import access_of
from providers.mysql.importing.roles import Roles
from providers.mysql.importing.users import users
from providers.mysql.live import role_live
from providers.mysql.marker import is_marker, marker_role
from providers.mysql.names import PUBLIC, ROLE
from reconciler.model import Importable, Lacking, Ownership, Said

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_NOBODY = Lacking(
    "nobody logs in as it, and no workload proves itself for it: what it may do, users have that have this role",
    "give whoever uses them an agent with this intent",
)
_EVERYBODY = Lacking("everybody has it, also each agent's login", "REVOKE it and give it to whoever needs it")


def importable(client: MysqlClient) -> Iterator[Importable]:
    """Every role without markers, then every user, without those that log in for others and minted ones."""
    found = {name: bits for name, bits in catalog.roles(client, [], prefix="").items() if not is_marker(name)}
    roles = Roles.of(client, found)
    ours: set[str] = set()
    for name in sorted(found):
        has = tuple(edge.role for edge in roles.has.get(name, ()))
        marked = role_live(client, name, has, in_scope=True).ownership is Ownership.OURS
        if marked and name.startswith(client.scope.settings.role_prefix):
            ours.add(name)
        yield _role(client, name, roles, ours=name in ours)
    yield from users(client, roles, ours)


def _role(client: MysqlClient, name: str, roles: Roles, *, ours: bool) -> Importable:
    own = roles.closure([name]) - {marker_role(client.scope)}
    grants, lacking, topic = access_of(roles.rows(own))
    agent, _, intent = name.removeprefix(client.scope.settings.role_prefix).partition("_")
    first = () if ours else (_EVERYBODY if name == PUBLIC else _NOBODY,)
    return Importable(
        client.scope.address(ROLE, name),
        "role",
        name,
        ({"grants": grants},) if grants else (),
        topic=topic,
        said=Said(agent, intent) if ours else Said(),
        lacking=(*first, *(() if ours else roles.gives(own)), *lacking),
    )
