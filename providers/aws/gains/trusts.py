"""O1: tokens of one workload that the trust of another's role takes.

Decided for each workload that a role of the scope is for: its issuer, subject and audience, by the evaluator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from providers.aws.effective.document import DocumentError, Kind, Policy, Statement, key_name
from providers.aws.effective.evaluator import Request, applies
from providers.aws.effective.world import parsed
from providers.aws.gains.rules import TRUSTS
from providers.aws.importing.trust import trusted
from providers.aws.naming import ROLE
from reconciler.model import Address, Lacking, Resource, Spot, Step
from reconciler.model import Kind as Spots

_WEB = "sts:AssumeRoleWithWebIdentity"
_PROVIDER = ":oidc-provider/"


@dataclass(frozen=True, slots=True, order=True)
class _Workload:
    key: str
    """The issuer's, as OIDC providers have it."""
    subject: str
    audience: str

    def spot(self, system: str) -> Spot:
        return Spot(Spots.ABILITY, system, f"a token of {self.key} for {self.subject} and {self.audience}")


def trusts(objects: Mapping[Address, Resource]) -> Iterator[Step]:
    """From each role's workload to the roles of others that take its token too."""
    own: dict[_Workload, list[Address]] = {}
    open_ones: list[tuple[Address, str]] = []
    for address, one in objects.items():
        if address.type == ROLE:
            text = str(one.attributes.get("assume_role_policy") or "")
            workload = _only(text)
            if workload is None and _PROVIDER in text:
                open_ones.append((address, text))
            elif workload is not None:
                own.setdefault(workload, []).append(address)
    taken = {
        workload: [(role, sure) for role, text in open_ones if (sure := _takes(text, workload)) is not None]
        for workload in own
    }
    for workload, roles in sorted(own.items()):
        every = [*((role, True) for role in roles if len(roles) > 1), *taken[workload]]
        if every:
            yield from _steps(workload, roles, every)


def _steps(workload: _Workload, roles: list[Address], every: list[tuple[Address, bool]]) -> Iterator[Step]:
    for role in roles:
        spot = workload.spot(role.system)
        yield Step((Spot.of(role),), spot, f"its token of {workload.key} for {workload.subject}")
    for role, sure in every:
        how = f"AssumeRoleWithWebIdentity {role.key}, whose trust takes that token"
        note = "" if sure else "if the other conditions of its trust policy hold"
        yield Step((workload.spot(role.system),), Spot.of(role), how, TRUSTS.id, sure, note, (role,))


@lru_cache(maxsize=32_768)
def _only(text: str) -> _Workload | None:
    """The one workload that a trust policy is for; None where it is for more, or another kind."""
    found = trusted(text)
    return None if isinstance(found, Lacking) else _Workload(found.place, found.subject, found.audience)


def _takes(text: str, workload: _Workload) -> bool | None:
    """Whether a trust policy lets a token in for certain, or perhaps; None: it doesn't."""
    try:
        policy = parsed(text, Kind.TRUST)
    except DocumentError:
        return None
    asked = [_request(name, workload) for name in sorted(_providers(policy, workload.key))]
    found = [sure for request in asked if (sure := _answer(policy, request, workload)) is not None]
    return any(found) if found else None


def _providers(policy: Policy, key: str) -> set[str]:
    every = (pair for one in policy.statements if one.principals is not None for pair in one.principals.values)
    return {f"Federated:{name}" for kind, name in every if kind == "Federated" and name.endswith(f"{_PROVIDER}{key}")}


def _request(who: str, workload: _Workload) -> Request:
    context = {
        key_name(f"{workload.key}:sub"): (workload.subject,),
        key_name(f"{workload.key}:aud"): (workload.audience,),
    }
    return Request(_WEB, "", context, who)


def _answer(policy: Policy, request: Request, workload: _Workload) -> bool | None:
    allows = [one for one in policy.statements if one.allows and _applies(one, request, workload, holds=True)]
    denies = [one for one in policy.statements if not one.allows]
    if not allows or any(_applies(one, request, workload, holds=False) for one in denies):
        return None
    kept_out = any(_applies(one, request, workload, holds=True) for one in denies)
    return not kept_out and any(_applies(one, request, workload, holds=False) for one in allows)


def _applies(statement: Statement, request: Request, workload: _Workload, *, holds: bool) -> bool:
    """``holds``: what conditions on anything but the token's subject and audience come to."""
    known = {key_name(f"{workload.key}:sub"), key_name(f"{workload.key}:aud")}
    others = {one.text for one in statement.conditions if key_name(one.key) not in known}
    texts = {text if statement.variables else f"{text} (2008)" for text in others}
    asked = Request(request.action, "", request.context, request.principal, dict.fromkeys(texts, holds))
    return applies(statement, asked)
