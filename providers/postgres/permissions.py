"""The least privilege that plan and apply need: statements for the administrator of the database."""

from __future__ import annotations

from collections.abc import Iterator

from providers.postgres.names import quoted
from providers.postgres.settings import PostgresSettings
from reconciler.provider import NOTHING_BEYOND, Beyond, Rights, Scope

_LOGINS = ("iam_operator", "operator_of_iam")
_NOTES = (
    "{owner} stands for the role that owns the database, its schemas and the tables that intents name",
    "the login's name must lie outside {prefix}: inside it would be an undeclared role, to be removed",
    "CREATEROLE gives ADMIN on roles that the login made itself; one that a superuser made is removed by a superuser",
)
_SEES = "pg_read_all_stats"
"""Where sessions come from."""
_TEMPORARY = (
    "to delete a login it must also be a member of whoever gave that one its privileges; a superuser is retired by a "
    "superuser"
)
_AUDITORS = ("iam_auditor", "auditor_of_iam")
_SEEING = (
    "every login may read who may do what; pg_read_all_stats shows where sessions come from, and by which programs",
    "only a superuser may ask which logins have a password: without one, each is taken to have one",
)
_READER = ("iam_planner", "planner_of_iam")
_MERE_READER = "it needs no right but to connect: catalogues are everybody's"
_READING = (
    "name the login that applies as `operator` of the system, and a login without any right can plan",
    "until then plan with the one that applies: another's plan would show its ADMIN on the managed roles as undeclared",
    'options: "-c default_transaction_read_only=on" in the connections file keeps such a run from writing',
)


def rights(scope: Scope[PostgresSettings], *, writing: bool, beyond: Beyond = NOTHING_BEYOND) -> Rights:
    """The statements for a scope, on PostgreSQL 16 or later: before it CREATEROLE reaches further."""
    settings = scope.settings
    if settings.operator and not writing:
        reader = next(name for name in _READER if not name.startswith(settings.role_prefix))
        seeing = f"GRANT {_SEES} TO {reader};\n" if beyond.retiring else ""
        return Rights("SQL", f"CREATE ROLE {reader} LOGIN PASSWORD '…';\n{seeing}", (_MERE_READER,))
    login = next(name for name in _LOGINS if not name.startswith(settings.role_prefix))
    owner = quoted(f"{settings.database}_owner")
    notes = (*(() if writing else _READING), *_NOTES)
    statements = (
        f"CREATE ROLE {login} LOGIN CREATEROLE PASSWORD '…';",
        f"GRANT {owner} TO {login};",
        *_retiring(beyond, login),
    )
    notes = (*notes, *((_TEMPORARY,) if beyond.retiring else ()))
    text = "\n".join(statements) + "\n"
    return Rights(
        "SQL", text, tuple(note.format(login=login, owner=owner, prefix=settings.role_prefix) for note in notes)
    )


def _retiring(beyond: Beyond, login: str) -> Iterator[str]:
    """To lock a login, end its sessions, and give away what it owns."""
    if beyond.retiring:
        yield f"GRANT pg_signal_backend, {_SEES} TO {login};"
    for one in beyond.retiring:
        yield f"GRANT {quoted(one.principal)} TO {login} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;"
    for heir in sorted({one.heir for one in beyond.retiring} - {""}):
        yield f"GRANT {quoted(heir)} TO {login};"


def inventory_rights(scope: Scope[PostgresSettings]) -> Rights:
    """The statements for a login that makes an inventory."""
    prefix = scope.settings.role_prefix
    login = next(name for name in _AUDITORS if not name.startswith(prefix))
    text = f"CREATE ROLE {login} LOGIN PASSWORD '…';\nGRANT pg_read_all_stats TO {login};\n"
    return Rights("SQL", text, _SEEING)
