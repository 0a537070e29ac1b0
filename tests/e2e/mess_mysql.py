"""What is planted by hand in the shop's MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pymysql

from tests.e2e.mess import Habit, Mess
from tests.servers import World

_STATIC = ("static", "never-expires")
_WIDE = (*_STATIC, "over-wide")
_HERE = "127.0.0.1"
ACCOUNTS: dict[str, tuple[str, Habit, tuple[str, ...]]] = {
    f"svc_orders@{_HERE}": ("GRANT SELECT ON shop.orders TO {}", Habit.ENDLESS, _STATIC),
    f"svc_month@{_HERE}": ("ALTER USER {} PASSWORD EXPIRE INTERVAL 30 DAY", Habit.MONTHS, ("static",)),
    f"svc_root@{_HERE}": ("GRANT ALL ON *.* TO {} WITH GRANT OPTION", Habit.ADMINISTRATOR, _WIDE),
    f"svc_super@{_HERE}": ("GRANT SUPER ON *.* TO {}", Habit.ADMINISTRATOR, _WIDE),
    f"svc_maker@{_HERE}": ("GRANT CREATE USER ON *.* TO {}", Habit.ADMINISTRATOR, _WIDE),
    f"svc_patch@{_HERE}": ("GRANT UPDATE ON mysql.* TO {}", Habit.ADMINISTRATOR, _WIDE),
    f"svc_files@{_HERE}": ("GRANT FILE ON *.* TO {}", Habit.EVERYTHING, _WIDE),
    f"svc_reader@{_HERE}": ("GRANT SELECT ON *.* TO {}", Habit.EVERYTHING, _WIDE),
    f"svc_hashes@{_HERE}": ("GRANT SELECT ON mysql.global_priv TO {}", Habit.EVERYTHING, _WIDE),
    f"svc_gives@{_HERE}": ("GRANT SELECT ON shop.* TO {} WITH GRANT OPTION", Habit.PASSES_ON, _WIDE),
    f"svc_lead@{_HERE}": ("GRANT legacy_team TO {} WITH ADMIN OPTION", Habit.PASSES_ON, _WIDE),
    f"svc_by_role@{_HERE}": ("GRANT legacy_outer TO {}", Habit.HIDDEN, _WIDE),
    f"svc_proxy@{_HERE}": (f"GRANT PROXY ON svc_root@{_HERE} TO {{}}", Habit.HIDDEN, _WIDE),
    "svc_anywhere@%": ("GRANT SELECT ON shop.orders TO {}", Habit.ANYBODY, _WIDE),
    f"svc_locked@{_HERE}": ("ALTER USER {} ACCOUNT LOCK", Habit.SWITCHED_OFF, ("stale",)),
    f"svc_expired@{_HERE}": ("ALTER USER {} PASSWORD EXPIRE", Habit.SWITCHED_OFF, ("stale",)),
    "svc_shared@%": ("GRANT SELECT ON shop.orders TO {}", Habit.SHARED, (*_WIDE, "shared")),
}
_NO_SECRET = {f"svc_open@{_HERE}": "svc_open", "``@elsewhere": "``"}


@contextmanager
def planted(world: World) -> Iterator[Mess]:
    """Planted, with live sessions; users and roles are taken away by the slate."""
    mess, server = Mess(), _server(world)
    server.script(
        "CREATE ROLE legacy_team; CREATE ROLE legacy_inner; CREATE ROLE legacy_outer;"
        "GRANT FILE ON *.* TO legacy_inner; GRANT legacy_inner TO legacy_outer"
    )
    for account, (statement, habit, classes) in ACCOUNTS.items():
        user, _, host = account.partition("@")
        named = f"{user}@`{host}`"
        password = mess.secret(f"geheim-{len(mess.secrets)}-Zk3xQ9vB")
        server.script(f"CREATE USER {named} IDENTIFIED BY '{password}'; {statement.format(named)}")
        mess.expect(f'shop-db.mysql_user["{account}"]', habit, *classes)
    for account, user in _NO_SECRET.items():
        server.script(f"CREATE USER {user}@`{account.rpartition('@')[2]}`")
        mess.expect(f'shop-db.mysql_user["{account}"]', Habit.OPEN, "over-wide")
    with ExitStack() as undo:
        for place in ({"host": _HERE, "port": server.port}, {"unix_socket": server.connection["socket"]}):
            live: Any = pymysql.connect(
                user="svc_shared", password=_password(mess, "svc_shared@%"), ssl_disabled=True, **place
            )
            undo.callback(live._force_close)
        yield mess


def _server(world: World) -> Any:
    return world.sandbox.server("mysql")


def _password(mess: Mess, account: str) -> str:
    return mess.secrets[list(ACCOUNTS).index(account)]
