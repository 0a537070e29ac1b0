"""Field types of access blocks: names and privileges, checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from providers.mysql.names import (
    LAST_CHARACTER,
    LIMIT,
    SERVERS_OWN,
    is_plain,
    literal_database,
    quoted,
    split_name,
)
from providers.mysql.privileges import ALL, EVERY, LEAVES_BEHIND
from specs.base import spec_error
from specs.suggest import closest
from specs.text import shown

_WILD = frozenset("*%")


def _parts(text: str, count: int, example: str) -> tuple[str, ...]:
    """The raw parts of a name that must have so many."""
    parts = split_name(text) if text.isprintable() else None
    if parts is None or len(parts) != count:
        what = f"is no {'name' if count == 1 else 'database.name'}"
        raise spec_error("W461", f"{shown(text)} {what}", f"such as {example}; unusual names in backticks: `my.table`")
    for part in parts:
        if len(part) > LIMIT or part != part.rstrip(" "):
            raise spec_error(
                "W461", f"{shown(part)} can't be a name", f"at most {LIMIT} characters, without a space at its end"
            )
        if max(part, default="") > LAST_CHARACTER:
            raise spec_error("W461", f"{shown(part)} can't be a name", "MariaDB's names have no character after U+FFFF")
        if _WILD & set(part):
            raise spec_error(
                "W462", f"{shown(text)} is a wildcard", "name each one, or a whole database with databases"
            )
        if not is_plain(part) and f"`{part.replace('`', '``')}`" not in text:
            raise spec_error("W461", f"{shown(part)} is no plain name", f"write {quoted(part)}")
    if parts[0].lower() in SERVERS_OWN:
        raise spec_error("W461", f"{parts[0]} is the server's own", "grant on databases of your own")
    return parts


@lru_cache(maxsize=8192)
def _object(text: str) -> str:
    return ".".join(quoted(part) for part in _parts(text, 2, "shop.orders"))


def _routine(text: str) -> str:
    name = _object(text)
    if not name.isascii():
        raise spec_error(
            "W461",
            f"{shown(text)} can't be granted by itself: the server loses such a grant when it starts again",
            "rename it in ASCII, or grant EXECUTE on its database",
        )
    return name


def _database(text: str) -> str:
    (name,) = _parts(text, 1, "shop")
    if len(literal_database(name)) > LIMIT:
        raise spec_error(
            "W461",
            f"{shown(name)} can't be granted as a whole: with each _ escaped it has more than {LIMIT} characters",
            "the server takes no longer one: name its tables and routines",
        )
    return quoted(name)


def _column(text: str) -> str:
    return quoted(_parts(text, 1, "customer_id")[0])


def _pattern(text: str) -> str:
    if not text or not text.isprintable():
        raise spec_error("W461", f"{shown(text)} matches nothing", "a name; * stands for anything")
    return text.replace("`", "")


def _dotted(text: str) -> str:
    name = _pattern(text)
    if "." not in name and "*" not in name:
        raise spec_error(
            "W461", f"{shown(text)} matches nothing: its database is missing", "such as shop.orders, shop.*"
        )
    return name


def _privilege(text: str) -> str:
    return " ".join(text.upper().split()) if text.isascii() else text


def blaming(problem: PydanticCustomError, value: object, *path: str | int) -> ValidationError:
    """What a block's validator raises so that the error points at a value within the block."""
    return ValidationError.from_exception_data(
        "", [InitErrorDetails(type=problem, loc=path, input=value)], hide_input=True
    )


def check_privileges(privileges: Sequence[str], known: Collection[str], what: str) -> None:
    """Raises a spec error that points at the first privilege that this kind of object doesn't have."""
    for position, text in enumerate(privileges):
        if text in known:
            continue
        near = closest(text, known)
        way_out = f"did you mean {near}?" if near else f"one of {', '.join(known)}"
        if text in {ALL, "ALL PRIVILEGES"}:
            way_out = "name each one: what ALL is differs between versions"
        raise blaming(
            spec_error("W463", f"{shown(text)} is no privilege for {what}", way_out), text, "privileges", position
        )


def check_leaves_nothing(privileges: Sequence[str]) -> None:
    """Raises a spec error that points at a privilege by which a login leaves something that runs in its name."""
    for position, text in enumerate(privileges):
        if text in LEAVES_BEHIND:
            problem = spec_error(
                "W465",
                f"{text} is refused: what is made by it runs as the login that made it, which dies",
                "views, routines, triggers and events belong to a migration",
            )
            raise blaming(problem, text, "privileges", position)


def _for_editors() -> WithJsonSchema:
    """The names, to be completed; and how else they may be spelled."""
    names = sorted({*EVERY, ALL})
    spelled = (r"\s+".join(re.sub("[A-Z]", _either_case, word) for word in name.split()) for name in names)
    loose = {"type": "string", "pattern": rf"^\s*(?:{'|'.join(spelled)})\s*$"}
    return WithJsonSchema({"anyOf": [{"type": "string", "enum": names}, loose]})


def _either_case(letter: re.Match[str]) -> str:
    return f"[{letter[0]}{letter[0].lower()}]"


Privilege: TypeAlias = Annotated[str, AfterValidator(_privilege), _for_editors()]
ObjectName: TypeAlias = Annotated[str, AfterValidator(_object)]
"""``database.name`` of a table or a view."""
RoutineName: TypeAlias = Annotated[str, AfterValidator(_routine)]
"""The same of a routine."""
DatabaseName: TypeAlias = Annotated[str, AfterValidator(_database)]
ColumnName: TypeAlias = Annotated[str, AfterValidator(_column)]
NamePattern: TypeAlias = Annotated[str, AfterValidator(_pattern)]
DottedPattern: TypeAlias = Annotated[str, AfterValidator(_dotted)]
"""``*`` stands for anything, letters' case counts for nothing."""
