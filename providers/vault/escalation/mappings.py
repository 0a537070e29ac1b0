"""Logins that another system vouches for: what auth methods outside the scope give of Writ's to groups or roles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from providers.vault.escalation.token import Token
from providers.vault.names import HOLDER
from reconciler.model import Address, Meeting, Resource, Spot, Step

_DIRECTORY = re.compile(r"auth/(?P<mount>.+)/(?P<kind>groups|users)/(?P<name>[^/]+)")
_MEETINGS = {"groups": Meeting.GROUP, "users": Meeting.ACCOUNT}
_ARN = re.compile(r"arn:[^:]*:(?:iam|sts)::(?P<account>[0-9]{12}):(?:role|assumed-role)/(?P<path>[^*]+)")
_DEFAULT = "default"


def mapped(objects: Mapping[Address, Resource], tokens: Mapping[Address, Token]) -> Iterator[Step]:
    """X1 and X2, to each login that has one of the policies. Never certain: which directory it asks isn't read."""
    by_policy: dict[str, list[Token]] = {}
    for token in tokens.values():
        for name in token.names:
            by_policy.setdefault(name, []).append(token)
    for address, one in objects.items():
        if address.type == HOLDER:
            policies = frozenset(str(name).lower() for name in _texts(one, "policies"))
            for rule, spot, asks in _entered(one):
                for name in sorted(policies):
                    for token in by_policy.get(name, ()):
                        yield _step(address, rule, spot, asks, token, policies)


def _entered(holder: Resource) -> Iterator[tuple[str, Spot, str]]:
    """Rule, whoever gets in, and on what that hangs."""
    path, kind = str(holder.attributes.get("path", "")), str(holder.attributes.get("kind", ""))
    found = _DIRECTORY.fullmatch(path)
    if found is not None and kind.startswith("ldap "):
        spot = Spot.meeting(_MEETINGS[found["kind"]], found["name"])
        yield "X1", spot, f"if auth/{found['mount']} asks that directory"
    if kind.startswith("aws "):
        for text in _texts(holder, "bound"):
            arn = _ARN.fullmatch(str(text))
            if arn is not None:
                name = f"{arn['account']}:{role_name(arn['path'])}"
                yield "X2", Spot.meeting(Meeting.AWS_ROLE, name), "if its other bounds let it in"


def role_name(path: str) -> str:
    """Of a role's ARN: the server compares without the path, unless it may ask AWS."""
    return path.rpartition("/")[2]


def _step(holder: Address, rule: str, spot: Spot, asks: str, token: Token, policies: frozenset[str]) -> Step:
    lacks = sorted(set(token.names) - policies - {_DEFAULT})
    note = f"{asks}; without {', '.join(lacks)}" if lacks else asks
    how = f"log in by {holder.key}: the policies of {token.role.key}"
    return Step((spot,), token.spot, how, rule, certain=False, note=note, by=(holder,))


def _texts(one: Resource, name: str) -> list[object]:
    value = one.attributes.get(name)
    return list(value) if isinstance(value, list | tuple) else []
