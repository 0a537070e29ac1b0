"""Writes what the specs declare as fast as the servers take it: `python benchmarks/seed.py SPECS`.

The same objects that `writ apply` makes, by the providers' own calls, but several at once, without reading each back.
PostgreSQL gets one script, each database connection its list of roles at once. The apply that follows finds it all as
wanted and records it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from providers.vault.resource import one_text
from reconciler.connections import read_connections
from reconciler.engine.session import System
from reconciler.model import Resource
from reconciler.workflow.specs import Request, prepare
from reconciler.workflow.systems import log_in

# Each waits for the ones before it.
_ORDER = (
    ("vault", ("vault_jwt_auth_backend", "vault_policy", "vault_identity_entity")),
    ("vault", ("vault_identity_entity_alias", "vault_jwt_auth_backend_role", "vault_database_secret_backend_role")),
    ("payments", ("aws_iam_openid_connect_provider",)),
    ("payments", ("aws_iam_role",)),
    ("payments", ("aws_iam_role_policy",)),
)
_THREADS = {"vault": 8, "payments": 1}
_BATCH = 1000


def main(paths: Sequence[str]) -> None:
    gc.disable()
    operator, _ = read_connections(None)
    prepared = prepare(Request(tuple(paths)), operator)
    if prepared.compiled is None:
        raise SystemExit("the specs have errors")
    session, failed = log_in(prepared.compiled.systems, operator)
    if failed:
        raise SystemExit("\n".join(one.message for one in failed))
    wanted = [one.resource for one in prepared.compiled.desired.values()]
    _postgres(session.systems["orders-db"], [one for one in wanted if one.address.system == "orders-db"])
    for name, kinds in _ORDER:
        for kind in kinds:
            chosen = [one for one in wanted if one.address.system == name and one.address.type == kind]
            _create(session.systems[name], chosen, _THREADS[name])
    _serve(session.systems["vault"], wanted)
    session.close()


def _create(system: System, wanted: Iterable[Resource], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda one: system.type_of(one.address).create(system.client, one), wanted):
            pass


def _serve(system: System, wanted: Iterable[Resource]) -> None:
    lists: dict[str, list[str]] = {}
    for one in wanted:
        if one.address.type == "vault_database_connection_allowed_role":
            lists.setdefault(str(one.attributes["connection"]), []).append(str(one.attributes["role"]))
    for path, roles in lists.items():
        system.client.post(path, {"allowed_roles": one_text(roles), "verify_connection": False})


def _postgres(system: System, wanted: Iterable[Resource]) -> None:
    roles: list[str] = []
    grants: dict[str, list[str]] = {}
    for one in wanted:
        values: Mapping[str, Any] = one.attributes
        if one.address.type == "postgresql_role":
            roles.append(f'CREATE ROLE "{one.address.key}" NOINHERIT NOLOGIN;')
            roles.append(f"COMMENT ON ROLE \"{one.address.key}\" IS '{values['comment']}';")
        elif one.address.type == "postgresql_grant":
            grants.setdefault(_granted(values), []).append(f'"{values["role"]}"')
    granting = [
        f"GRANT {what} TO {', '.join(names[start : start + _BATCH])};"
        for what, names in grants.items()
        for start in range(0, len(names), _BATCH)
    ]
    # A transaction holds a lock for each role that it names, and the server has room for some thousands.
    for start in range(0, len(roles), _BATCH):
        system.client.script("".join(roles[start : start + _BATCH]))
    for statement in granting:
        system.client.script(statement)


def _granted(values: Mapping[str, Any]) -> str:
    kind, privileges = values["object_type"], ", ".join(values["privileges"])
    name = {"database": values["database"], "schema": values["schema"]}.get(
        kind, f"{values['schema']}.{''.join(values['objects'])}"
    )
    return f"{privileges} ON {kind.upper()} {name}"


if __name__ == "__main__":
    main(sys.argv[1:])
