"""Whom a trust policy names, as patterns of ``kind:id``.

Source: IAM's "AWS JSON policy elements: Principal". An account stands for all in it whom its own policies allow; a role
for its sessions too; ``*`` for every AWS principal, and whether for the other kinds as well isn't said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, count

from providers.aws.effective.document import Principals, Statement
from providers.aws.effective.excepted import excepted
from providers.aws.effective.open_ends import in_part
from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, Glob, Globs, matches
from reconciler.access.search import Literal

PRINCIPAL = "principal"
PRINCIPALS_OWN = ("aws:principalarn", "aws:principalaccount")
"""Keys that hang on who the principal is."""
OWN = "own permission"
"""Whether the principal's own account lets it assume roles. Within the role's account, one that is named needs none."""
UNMODELLED = "if "
"""How the dimensions of conditions that aren't modelled begin."""
_ANYBODY = "anybody, even without credentials where the service asks for none"
_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::(?=.*:root))?(\d{12})(?::root)?")
_ROLE = re.compile(r"arn:([a-z-]+):iam::(\d{12}):role/(?:.*/)?([^/]+)")
PRINCIPALS = tuple(Glob(f"{kind}:{ONE}{MANY}") for kind in ("AWS", "Federated", "Service", "CanonicalUser"))
"""Who makes requests."""
_OTHERS = tuple(Glob(f"{kind}:{MANY}") for kind in ("Federated", "Service", "CanonicalUser"))


def rules_of(statement: Statement) -> list[tuple[Literal, ...]]:
    """What is asked of the principal: one of these. Nothing is asked in a policy that names none."""
    principals = statement.principals
    if principals is None:
        return [()]
    return list(_but(principals) if principals.negated else _rules(principals, allows=statement.allows))


def _but(principals: Principals) -> Iterator[tuple[Literal, ...]]:
    parts = excepted(principals)
    named = tuple(pattern for part in parts for pattern in part.named)
    yield (Literal(PRINCIPAL, named, negated=True),)
    for part in parts:
        if part.is_open:
            wholly = (Literal(PRINCIPAL, part.wholly, negated=True),) if part.wholly else ()
            yield (Literal(PRINCIPAL, part.named), *wholly, Literal(f"{UNMODELLED}{in_part(part.names)}", test=True))


def _rules(principals: Principals, *, allows: bool) -> Iterator[tuple[Literal, ...]]:
    accounts = [pattern for kind, name in principals.values for pattern in _account(kind, name)]
    named = [pattern for kind, name in principals.values for pattern in _named(kind, name)]
    if not allows:
        named, accounts = [*named, *accounts], []
    if named:
        yield (Literal(PRINCIPAL, tuple(dict.fromkeys(named))),)
    if accounts:
        yield (Literal(PRINCIPAL, tuple(dict.fromkeys(accounts))), Literal(OWN, test=True))
    if any(kind in ("*", "AWS") and name == "*" for kind, name in principals.values):
        yield (Literal(PRINCIPAL, _OTHERS), Literal(f"{UNMODELLED}Principal * means every kind", test=True))


def _account(kind: str, name: str) -> Globs:
    found = _ACCOUNT.fullmatch(name)
    if kind != "AWS" or not found:
        return ()
    # An account is in one partition, which its number alone doesn't tell.
    return tuple(Glob(f"AWS:arn:{MANY_IN}:{service}::{found[1]}:{MANY}") for service in ("iam", "sts"))


def _named(kind: str, name: str) -> Globs:
    if kind == "AWS" and _ACCOUNT.fullmatch(name):
        return ()
    if name == "*":
        return (Glob(f"{'AWS' if kind == '*' else kind}:{MANY}"),)
    role = _ROLE.fullmatch(name)
    if kind == "AWS" and role:
        partition, account, short = role.groups()
        return (Glob(f"AWS:{name}"), Glob(f"AWS:arn:{partition}:sts::{account}:assumed-role/{short}/{MANY}"))
    return (Glob(f"{kind}:{name}"),)


def named(wanted: Sequence[Literal], principal: str, *, anonymous: bool) -> str:
    """Of whom a principal is but an example: of all whom the policy names so; empty where it names this one.

    ``wanted``: of a question that the principal answers. ``anonymous``: requests may come without credentials.
    """
    kind, _, identity = principal.partition(":")
    anybody = _ANYBODY if anonymous else "any principal of any account"
    everybody = {"AWS": anybody, "Service": "any service"}.get(kind, "any identity provider")
    account = identity.split(":")[4:5]
    all_of_it = frozenset(_account(kind, account[0])) if account else frozenset()
    found, asked = "", [one for one in wanted if one.dimension == PRINCIPAL]
    if asked and all(one.negated for one in asked):
        found = anybody
    for literal in asked:
        if literal.negated:
            continue
        test = literal.test if isinstance(literal.test, tuple) else ()
        patterns = frozenset(one for one in test if isinstance(one, Glob) and matches(one, principal))
        if Glob(f"{kind}:{MANY}") in patterns:
            found = found or everybody
        elif patterns & all_of_it:
            found = f"any principal of the account {account[0]}"
        else:
            return ""
    return f"{found}, but whom NotPrincipal names" if found and any(one.negated for one in asked) else found


def is_his(principal: str, arn: str, account: str) -> bool:
    """Whether ``aws:PrincipalArn`` and ``aws:PrincipalAccount`` can be a principal's; empty: nothing is said of it.

    Source: IAM's "AWS global condition context keys": of a role's session it is the role's, with its path.
    """
    kind, _, identity = principal.partition(":")
    parts = identity.split(":", 5)
    if kind != "AWS" or len(parts) < 6:
        return True
    role = parts[5].split("/")
    same = arn in ("", identity)
    if role[0] == "assumed-role" and len(role) > 1:
        found = _ROLE.fullmatch(arn)
        same = not arn or (found is not None and found.groups() == (parts[1], parts[4], role[1]))
    return same and account in ("", parts[4])


def outsider(accounts: Collection[str]) -> str:
    """An account that is none of these."""
    plain = (str(digit) * 12 for digit in range(9, -1, -1))
    return next(one for one in chain(plain, map(str, count(10**11))) if one not in accounts)


def formats(action: str, outside: str) -> tuple[Globs, Globs, Globs]:
    """What principals look like that call an action: in a usual account, in any of the usual partition, in any.

    ``outside``: the account that comes first.
    """
    some = f"{ONE}{MANY}"
    federated = tuple(f"Federated:arn:{{}}:iam::{{}}:{kind}-provider/{some}" for kind in ("oidc", "saml"))
    aws = (f"AWS:arn:{{}}:iam::{{}}:role/{some}", f"AWS:arn:{{}}:iam::{{}}:user/{some}")
    session = f"AWS:arn:{{}}:sts::{{}}:assumed-role/{some}/{some}"
    root = "AWS:arn:{}:iam::{}:root"
    service = f"Service:{some}.amazonaws.com"
    known = {
        "sts:assumerole": (*aws, session, service, root),
        "sts:assumerolewithwebidentity": (federated[0], f"Federated:{some}"),
        "sts:assumerolewithsaml": (federated[1],),
    }
    texts = known.get(action.lower(), (*aws, session, service, *federated, f"Federated:{some}", root))
    texts = (*texts, f"CanonicalUser:{some}") if action.lower() not in known else texts
    usual = tuple(Glob(text.format("aws", account)) for account in (outside, "123456789012") for text in texts)
    here = tuple(Glob(text.format("aws", ONE_IN * 12)) for text in texts)
    return usual, here, tuple(Glob(text.format(f"aws{MANY_IN}", ONE_IN * 12)) for text in texts)
