"""Field types: what people write is checked where it stands."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from providers.ldap.dn import BadDn, folded, normal
from providers.ldap.moments import NoMoment, moment
from specs.base import spec_error
from specs.text import shown, text_of

_LONGEST = 128
"""Characters of a group's name: more than any directory has, and short enough for a line."""


def _dn(text: str) -> str:
    try:
        found = normal(text)
    except BadDn as wrong:
        raise spec_error("W441", f"{shown(text)} is no DN: {wrong}", "such as ou=groups,dc=example,dc=com") from None
    if not found:
        raise spec_error("W441", "an empty DN", "such as ou=groups,dc=example,dc=com")
    return found


def _group(text: str) -> str:
    """A name becomes its folded form, a DN its normal one."""
    if "=" in text:
        return _dn(text)
    name = folded(text)
    if not name or not name.isprintable() or len(name) > _LONGEST:
        raise spec_error("W441", f"{shown(text)} can't be a group's name", f"1 to {_LONGEST} characters that print")
    return name


def _pattern(text: str) -> str:
    name = folded(text)
    if not name or not name.isprintable():
        raise spec_error("W441", f"{shown(text)} matches no group", "a name or a DN; * stands for anything")
    return re.sub(r" ?([,=+]) ?", r"\1", name) if "=" in name else name


def _until(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    text = text_of(value, "a day such as 2027-03-31")
    try:
        return moment(text)
    except NoMoment as wrong:
        raise spec_error(
            "W442",
            f"{shown(text)} is no end: {wrong}",
            "a day, to its end in UTC (2027-03-31), or a moment (2027-03-31T18:00:00Z)",
        ) from None


Dn: TypeAlias = Annotated[str, AfterValidator(_dn)]
"""A distinguished name, brought to its normal form."""
GroupName: TypeAlias = Annotated[str, AfterValidator(_group)]
"""A group's ``cn`` directly below the base, or its DN."""
GroupPattern: TypeAlias = Annotated[str, AfterValidator(_pattern)]
"""A group's name or DN, where ``*`` stands for anything and letters' case counts for nothing."""
Until: TypeAlias = Annotated[
    datetime,
    BeforeValidator(_until),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
"""When access ends, UTC."""
