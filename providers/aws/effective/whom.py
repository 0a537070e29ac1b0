"""Whether a Principal or NotPrincipal is about who makes a request: the evaluator's part, apart from the comparison's.

Source: IAM's "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from providers.aws.effective.document import Principals
from providers.aws.effective.open_ends import account_of, in_part

_ACCOUNT = re.compile(r"\d{12}|arn:[a-z-]+:iam::\d{12}:root")


def is_meant(principals: Principals, who: str, assumed: Mapping[str, bool], *, allows: bool) -> bool:
    """``who``: ``kind:id``. ``allows``: what isn't decided or assumed is taken against it."""
    kind, _, identity = who.partition(":")
    if not principals.negated:
        return any(_is(of, name, kind, identity, assumed) for of, name in principals.values)
    if {("*", "*"), (kind, "*")} & set(principals.values):
        return False
    ids = {_account_of(name) or name for of, name in principals.values if of == kind}
    himself, above, by_above = _standing(kind, identity, ids)
    if himself in ids and above <= ids:
        return False
    if not (himself in ids or by_above):
        return True
    own = account_of(identity)
    names = [name for of, name in principals.values if of == kind and (account_of(name) or name) == (own or identity)]
    return assumed.get(in_part(names), not allows)


def _standing(kind: str, identity: str, ids: set[str]) -> tuple[str, set[str], bool]:
    """(Himself, his account and role, whether one of these is named and nobody else of it)."""
    parts = identity.split(":")
    if kind != "AWS" or len(parts) < 6:
        return identity, set(), False
    account, role = parts[4], parts[5].split("/")
    if role == ["root"]:
        return account, set(), False
    members = {one for one in ids if one.split(":")[4:5] == [account]}
    above, by_above = {account}, account in ids and not members
    if role[0] == "assumed-role":
        same = {one for one in members if ":role/" in one and one.rpartition("/")[2] == role[1]}
        others = {one for one in members if f":assumed-role/{role[1]}/" in one}
        return identity, above | (same or {"his role"}), by_above or bool(same and not others)
    return identity, above, by_above


def _is(of: str, name: str, kind: str, identity: str, assumed: Mapping[str, bool]) -> bool:
    if of == "*" or (of == "AWS" and name == "*"):
        return kind == "AWS" or assumed.get("Principal * means every kind", False)
    if of != kind:
        return False
    if name in ("*", identity):
        return True
    account = _account_of(name) if of == "AWS" else ""
    if account:
        return identity.split(":")[4:5] == [account]
    if of == "AWS" and ":role/" in name:
        parts = name.split(":")
        short = parts[5].rpartition("/")[2]
        return identity.startswith(f"{parts[0]}:{parts[1]}:sts::{parts[4]}:assumed-role/{short}/")
    return False


def _account_of(name: str) -> str:
    return re.sub(r"\D", "", name) if _ACCOUNT.fullmatch(name) else ""
