"""Whether a role may do something on a server, and by which grant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from providers.mysql.effective.privilege import Patterns, Privilege, covered
from providers.mysql.effective.world import World
from providers.mysql.keys import GrantKey, normal
from providers.mysql.names import Account, split_name
from providers.mysql.privileges import KNOWN, Kind
from reconciler.model import Answer, Deciding, Explanation
from reconciler.provider import Asking, RequestError

_HELP = "such as: SELECT shop.orders, SELECT shop.orders total, EXECUTE procedure shop.refund, SELECT database shop"
_KINDS = {kind.value: kind for kind in (Kind.TABLE, Kind.PROCEDURE, Kind.FUNCTION, Kind.DATABASE)}
_EVERYBODY = ""


def explain(asking: Asking) -> Explanation:
    """By the role's grants, by those of the roles that it has, and by everybody's. Raises RequestError."""
    world, wanted = World(asking.objects, asking.surroundings), _request(asking.request)
    lower = replace(wanted, database=wanted.database.lower(), name=wanted.name.lower())
    wanted = lower if world.around.folds else wanted
    role = asking.subject.key
    if not world.is_there(role):
        return Explanation(Answer.NO, notes=("the role isn't there",))
    by = tuple(_deciding(world, role, wanted))
    if by:
        hidden = any(one.kind == Kind.DATABASES for one in world.effective(role))
        if hidden:
            note = "a row for one database counts alone, beside a pattern of databases"
            return Explanation(Answer.UNKNOWN, by, (note,))
        return Explanation(Answer.YES, by)
    if world.strange(role):
        return Explanation(Answer.UNKNOWN, notes=("it has a role that wasn't read",))
    if not world.known and any(_deciding(world, role, lower)):
        return Explanation(Answer.UNKNOWN, notes=("only if the server keeps names in lower case",))
    notes = ["no grant gives it"]
    columns = sorted({one.column for one in world.effective(role) if one.column and _of_table(one) == wanted})
    if columns:
        notes.append(f"only on columns {', '.join(columns)}: ask for one")
    if not asking.live:
        notes.append("what everybody may isn't looked at without --live")
    return Explanation(Answer.NO, notes=tuple(notes))


def _of_table(column: Privilege) -> Privilege:
    return replace(column, kind=Kind.TABLE, column="")


def _deciding(world: World, role: str, wanted: Privilege) -> Iterator[Deciding]:
    for name in (*sorted(world.reached(role)), _EVERYBODY):
        for address, held in world.grants.get(name, ()):
            if not held.grantable and covered(wanted, {held}, Patterns.of((held,))):
                to = Account(name) if name else "everybody"
                yield Deciding(f"GRANT {held} TO {to}", address)


def _request(words: Sequence[str]) -> Privilege:
    privilege, *rest = words or ("",)
    kind = _KINDS.get(rest[0].lower()) if len(rest) > 1 else None
    if kind is not None:
        rest.pop(0)
    chosen = kind or Kind.TABLE
    if not rest or len(rest) > 2 or (len(rest) == 2 and chosen is not Kind.TABLE):
        raise RequestError("a request to MariaDB is a privilege and an object", _HELP)
    key = _object(chosen, rest)
    name = privilege.upper()
    if name not in KNOWN[Kind(key.kind)]:
        raise RequestError(
            f"{privilege!r} is no privilege on a {key.kind}", f"one of {', '.join(KNOWN[Kind(key.kind)])}"
        )
    return Privilege.of(key, name)


def _object(kind: Kind, rest: Sequence[str]) -> GrantKey:
    parts = split_name(rest[0])
    if parts is None or len(parts) != (1 if kind is Kind.DATABASE else 2):
        raise RequestError(f"{rest[0]!r} is no {kind}", _HELP)
    if len(rest) == 1:
        return normal("", kind, *parts)
    column = split_name(rest[1])
    if column is None or len(column) != 1:
        raise RequestError(f"{rest[1]!r} is no column", _HELP)
    return normal("", Kind.COLUMN, parts[0], parts[1], column[0])
