"""Whom a ``NotPrincipal`` is about: everybody but those it names.

Source: IAM's "AWS JSON policy elements: NotPrincipal". Someone is left out for certain if he is named and so are his
role, if he is its session, and his account: AWS may look at these first. Who is named only in part, or only by what he
belongs to, may be hit or not: that is kept open. A role or an account beside one of its own is named for its sake.
Not looked at: a Deny with NotPrincipal hits every principal that has a permissions boundary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from providers.aws.effective.document import Principals
from providers.aws.effective.open_ends import account_of
from reconciler.access.globs import MANY, MANY_IN, Glob, Globs

_ROOT = re.compile(r"(?:arn:[a-z-]+:iam::(?=\d{12}:root))?(\d{12})(?::root)?")
_SESSION = re.compile(r"arn:[a-z-]+:sts::(\d{12}):assumed-role/([^/]+)/.+")
_ROLE = re.compile(r"arn:([a-z-]+):iam::(\d{12}):role/(?:.*/)?([^/]+)")
_MEMBER = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(\d{12}):.+")


@dataclass(frozen=True, slots=True)
class Part:
    """What is named of one account, or one other principal. Patterns of ``kind:id``."""

    named: Globs
    """Those that are named somehow: everybody else is meant for certain."""
    wholly: Globs
    """Of these, those that are not meant for certain."""
    names: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether somebody may be meant or not."""
        return bool(set(self.named) - set(self.wholly))


def excepted(principals: Principals) -> list[Part]:
    """Of a NotPrincipal."""
    groups: dict[str, list[str]] = {}
    parts: list[Part] = []
    for kind, name in principals.values:
        if kind == "AWS" and name != "*":
            groups.setdefault(account_of(name) or name, []).append(name)
            continue
        everybody = kind == "*" or name == "*"
        pattern = Glob(MANY if kind == "*" else f"{kind}:{MANY}" if everybody else f"{kind}:{name}")
        parts.append(Part((pattern,), (pattern,), (name,)))
    return [*parts, *(_part(ids) for ids in groups.values())]


def _part(ids: list[str]) -> Part:
    accounts = {found[1] for one in ids if (found := _ROOT.fullmatch(one))}
    roles = {(found[2], found[3]) for one in ids if (found := _ROLE.fullmatch(one))}
    named: list[Glob] = []
    wholly: list[Glob] = []
    for name in ids:
        root = _ROOT.fullmatch(name)
        if root:
            wholly.append(Glob(f"AWS:arn:{MANY_IN}:iam::{root[1]}:root"))
            named += [wholly[-1], *(() if _has_member(root[1], ids) else _of_account(root[1]))]
            continue
        named += [Glob(f"AWS:{name}"), *_sessions(name, ids)]
        if _is_whole(name, accounts, roles):
            wholly.append(Glob(f"AWS:{name}"))
    return Part(tuple(dict.fromkeys(named)), tuple(dict.fromkeys(wholly)), tuple(ids))


def _of_account(account: str) -> Iterator[Glob]:
    yield from (Glob(f"AWS:arn:{MANY_IN}:{service}::{account}:{MANY}") for service in ("iam", "sts"))


def _has_member(account: str, ids: list[str]) -> bool:
    return any((found := _MEMBER.fullmatch(one)) and found[1] == account and not _ROOT.fullmatch(one) for one in ids)


def _sessions(name: str, ids: list[str]) -> Iterator[Glob]:
    role = _ROLE.fullmatch(name)
    if role is None:
        return
    partition, account, short = role.groups()
    beginning = f"arn:{partition}:sts::{account}:assumed-role/{short}/"
    if not any(one.startswith(beginning) for one in ids):
        yield Glob(f"AWS:{beginning}{MANY}")


def _is_whole(name: str, accounts: set[str], roles: set[tuple[str, str]]) -> bool:
    session = _SESSION.fullmatch(name)
    if session is not None and (session[1], session[2]) not in roles:
        return False
    member = _MEMBER.fullmatch(name)
    return member is not None and member[1] in accounts
