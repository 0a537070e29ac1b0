"""The least privilege that plan and apply need: statements for the server's administrator."""

from __future__ import annotations

from providers.mysql.settings import MysqlSettings
from reconciler.provider import NOTHING_BEYOND, Beyond, Rights, Scope

_TABLES = ("global_priv", "roles_mapping", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv")
_LOGIN = "iam_operator"
_NOTES = (
    "{login} may be at a narrower host than %",
    "DATABASE stands for each database of which intents name something, with exactly the privileges that they name",
    "what a login gives it must have itself, WITH GRANT OPTION; REFERENCES shows it all tables and columns",
    "who made a role has it WITH ADMIN OPTION; for roles that others made: GRANT role TO {login} WITH ADMIN OPTION",
    "mysql.global_priv holds hashes of passwords: Writ asks for single fields only, and whoever has this login may not",
)
_DEFINED = "of a user that is retired it must see what that one defines: SELECT on its views, SHOW VIEW, TRIGGER, EVENT"
_AUDITOR = "iam_auditor"
_SEEING = (
    "{login} may be at a narrower host than %",
    "mysql.global_priv holds hashes of passwords: Writ asks for single fields only, and whoever has this login may not",
    "PROCESS shows whose sessions there are, and from where; the last line, by which programs they are",
)
_READING = (
    "plan with the login that applies: another's plan would show that one's ADMIN on the managed roles as undeclared",
)


def rights(scope: Scope[MysqlSettings], *, writing: bool, beyond: Beyond = NOTHING_BEYOND) -> Rights:  # noqa: ARG001 - the same of every scope
    """The statements."""
    login = f"'{_LOGIN}'@'%'"
    lines = [f"CREATE USER {login} IDENTIFIED BY '…';"]
    lines += [f"GRANT SELECT ON mysql.{table} TO {login};" for table in _TABLES]
    if writing:
        lines += [
            f"GRANT CREATE USER ON *.* TO {login};",
            f"GRANT SELECT, INSERT, UPDATE, REFERENCES ON DATABASE.* TO {login} WITH GRANT OPTION;",
        ]
    else:
        lines.append(f"GRANT REFERENCES ON DATABASE.* TO {login};")
    if beyond.retiring:
        lines.append(f"GRANT PROCESS{', CONNECTION ADMIN' if writing else ''} ON *.* TO {login};")
    leaving = (_DEFINED,) if beyond.retiring else ()
    notes = (*leaving, *(() if writing else _READING), *_NOTES)
    return Rights("SQL", "\n".join(lines) + "\n", tuple(note.format(login=login) for note in notes))


def inventory_rights() -> Rights:
    """The statements for a login that makes an inventory."""
    login = f"'{_AUDITOR}'@'%'"
    lines = [f"CREATE USER {login} IDENTIFIED BY '…';"]
    lines += [f"GRANT SELECT ON mysql.{table} TO {login};" for table in _TABLES]
    lines += [
        f"GRANT PROCESS ON *.* TO {login};",
        f"GRANT SELECT ON performance_schema.session_connect_attrs TO {login};",
    ]
    return Rights("SQL", "\n".join(lines) + "\n", tuple(note.format(login=login) for note in _SEEING))
