"""What a role's policies name that other systems know, and by what other systems come here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from providers.aws.effective.document import DocumentError, Statement
from providers.aws.effective.reach import witness_of
from providers.aws.effective.world import Role, parsed
from providers.aws.gains.rules import DATABASE_USER
from providers.aws.glob import meet, parse
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Kind, Meeting, Spot, Step

_ASSUME = "sts:AssumeRole"
_USER = re.compile(r"arn:[^:]*:rds-db:[^:]*:[^:]*:dbuser:[^/]*/(?P<name>[^*?$/]+)")
_ROLE = re.compile(r"arn:[^:*?]+:iam::(?P<account>[0-9]{12}):role/(?:[^*?$]*/)?(?P<name>[^*?$/]+)")
_TRUST = "if its trust policy lets it"


def named_elsewhere(
    settings: AwsSettings, address: Address, role: Role, managed: Mapping[str, str], by: tuple[Address, ...]
) -> Iterator[Step]:
    """Users of databases (X4), and roles that it may become (X2): as far as its policies spell them."""
    here = Spot.of(address)
    for name in _spelled(role, managed, DATABASE_USER, _USER):
        arn = f"arn:{settings.partition}:rds-db:*:{settings.account}:dbuser:*/{name}"
        found = witness_of(role, managed, (DATABASE_USER,), (arn,))
        if found is not None:
            gives = Spot.meeting(Meeting.DATABASE_USER, name)
            yield Step((here,), gives, found.request, "X4", found.certain, found.note, by)
    for arn in _spelled(role, managed, _ASSUME, _ROLE, whole=True):
        found = witness_of(role, managed, (_ASSUME,), (arn,))
        gives = Spot.meeting(Meeting.AWS_ROLE, _ROLE.sub(r"\g<account>:\g<name>", arn))
        if found is not None and gives != Spot.meeting(Meeting.AWS_ROLE, f"{settings.account}:{address.key}"):
            note = "; ".join(filter(None, (found.note, _TRUST)))
            yield Step((here,), gives, found.request, "", certain=False, note=note, by=by)


def from_elsewhere(system: str) -> Iterator[Step]:
    """The identity that a Vault has in some account: which one it is, and what it may, isn't read."""
    note = "if that identity is of this account, and may do as much"
    administrator = Spot(Kind.ADMINISTRATOR, system)
    yield Step((Spot.meeting(Meeting.ENGINE),), administrator, "as that identity", certain=False, note=note)


def _spelled(
    role: Role, managed: Mapping[str, str], action: str, form: re.Pattern[str], *, whole: bool = False
) -> list[str]:
    texts = (*role.inline, *(managed.get(arn, "") for arn in role.attached))
    found = {name for text in texts for name in _of(text, action, form, whole=whole)}
    return sorted(found)


@lru_cache(maxsize=32_768)
def _of(text: str, action: str, form: re.Pattern[str], *, whole: bool) -> frozenset[str]:
    """What Allows of the action spell of a form of resource."""
    try:
        statements = parsed(text).statements if text else ()
    except DocumentError:
        return frozenset()
    found = (
        form.fullmatch(resource)
        for one in statements
        if one.allows and one.resources is not None and not one.resources.negated and _speaks(one, action)
        for resource in one.resources.values
    )
    return frozenset(one[0] if whole else one["name"] for one in found if one is not None)


def _speaks(statement: Statement, action: str) -> bool:
    wanted = parse(action.lower(), variables=False)
    hit = any(meet(parse(one.lower(), variables=False), wanted) is not None for one in statement.actions.values)
    return hit is not statement.actions.negated
