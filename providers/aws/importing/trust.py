"""Whom a role trusts, where that is one workload: one issuer's one subject with one audience."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.model import Lacking, Vouched

_WEB = "sts:AssumeRoleWithWebIdentity"
_OIDC = ":oidc-provider/"
_NARROW = "let it trust one subject and one audience, with StringEquals, then import again"


def trusted(document: str) -> Vouched | Lacking:
    """Of a trust policy in normal form. The issuer's ``place`` is its key among the account's OIDC providers."""
    try:
        raw = json.loads(document)
        statements = [raw["Statement"]] if isinstance(raw["Statement"], dict) else list(raw["Statement"])
    except (ValueError, KeyError, TypeError):
        return Lacking("its trust policy isn't understood", _NARROW)
    if len(statements) != 1:
        return Lacking(f"its trust policy has {len(statements)} statements", _NARROW)
    return _of_statement(statements[0])


def _of_statement(found: Mapping[str, Any]) -> Vouched | Lacking:
    principal = found.get("Principal")
    alone = isinstance(principal, dict) and len(principal) == 1
    federated: list[str] = principal.get("Federated", []) if alone and isinstance(principal, dict) else []
    if found.get("Effect") != "Allow" or len(federated) != 1 or _OIDC not in federated[0]:
        return Lacking(f"it trusts {_who(principal)}, and no workload's token", "give whoever uses it an agent")
    if found.get("Action") != [_WEB]:
        return Lacking(f"it lets more than {_WEB}", _NARROW)
    key = federated[0].partition(_OIDC)[2]
    return _of_conditions(key, found.get("Condition") or {})


def _of_conditions(key: str, conditions: Mapping[str, Mapping[str, Any]]) -> Vouched | Lacking:
    subject, audience = f"{key}:sub", f"{key}:aud"
    plain = conditions.get("StringEquals", {})
    every = {name: operator for operator, keys in conditions.items() for name in keys}
    if subject not in every:
        return Lacking("it trusts any subject of its issuer", _NARROW)
    for name in (subject, audience):
        what = name.rpartition(":")[2]
        if name not in plain:
            how = f"compares it with {every[name]}" if name in every else "names none"
            return Lacking(f"its trust isn't for one exact {what}: it {how}", _NARROW)
        if len(plain[name]) != 1:
            return Lacking(f"it trusts {len(plain[name])} values of {what}: {', '.join(plain[name][:3])}", _NARROW)
    if len(every) > 2 or len(conditions) > 1:
        more = sorted(set(every) - {subject, audience})
        return Lacking(f"its trust hangs on more conditions: {', '.join(more)}", _NARROW)
    told = {name: str(plain[name][0]).replace("${$}{", "${") for name in (subject, audience)}
    return Vouched(f"https://{key}", told[subject], told[audience], place=key)


def _who(principal: Any) -> str:
    if not isinstance(principal, dict):
        return "anybody" if principal == "*" else "nobody that is understood"
    names = [f"{kind} {one}" for kind, found in principal.items() for one in found]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
