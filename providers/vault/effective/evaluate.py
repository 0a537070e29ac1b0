"""The server's own decision on one request, over a token's whole set of policies (vault/acl.go, AllowOperation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from providers.vault.effective.parameters import accepts
from providers.vault.effective.paths import Spec, reach_of_template, spec
from providers.vault.effective.permissions import Permissions, united
from providers.vault.effective.protected import needs_sudo
from providers.vault.effective.values import LISTING, ROOT, Policy, Request, Rule, Server, Undecided


@dataclass(frozen=True, slots=True)
class Acl:
    """A token's policies, put together."""

    exact: Mapping[str, Permissions]
    """What certainly holds on single paths."""
    patterns: Mapping[Spec, Permissions]
    """And on patterns."""
    maybe: Mapping[Rule, tuple[Spec, Permissions]]
    """Rules that may be there or not, or elsewhere: expiring and templated ones, with all that they may reach."""
    root: bool = False


def acl(policies: Sequence[Policy]) -> Acl:
    """The rules of policies by path."""
    by_path: dict[Spec, list[Rule]] = {}
    maybe: dict[Rule, tuple[Spec, Permissions]] = {}
    for policy in policies:
        for rule in policy.rules:
            if rule.templated or rule.expires or policy.expires:
                reach = reach_of_template(rule.path) if rule.templated else spec(rule.path)
                marked = _marked(rule, policy.expires)
                maybe[marked] = (reach, united([rule]))
            else:
                by_path.setdefault(spec(rule.path), []).append(rule)
    exact = {path.text: united(rules) for path, rules in by_path.items() if path.exact}
    patterns = {path: united(rules) for path, rules in by_path.items() if not path.exact}
    return Acl(exact, patterns, maybe, any(policy.name == ROOT for policy in policies))


@lru_cache(maxsize=16)
def _put_together(policies: tuple[Policy, ...]) -> Acl:
    return acl(policies)


def _marked(rule: Rule, expires: str) -> Rule:
    return replace(rule, expires=f"{rule.expires} policy {expires}".strip()) if expires else rule


def allowed(policies: Sequence[Policy], request: Request, *, server: Server = Server.OPENBAO) -> bool:
    """Whether the token's request passes. Raises Undecided where that hangs on something that isn't modelled.

    ``sudo`` asks whether the token has sudo there; other capabilities need it too on the paths that the server
    protects.
    """
    held = _put_together(tuple(policies))
    if held.root:
        return True
    path = request.path.lstrip("/")
    listing = request.capability in LISTING
    spellings = {path, path.removesuffix("/")} if listing else {path}
    for rule, (reach, _) in held.maybe.items():
        if any(reach.matches(one) for one in spellings):
            raise Undecided(f"{rule.path} may be about {path}")
    found = _deciding(held, path, listing, server)
    if found is None or not found.grants(request.capability):
        return False
    if needs_sudo(path) and not found.grants("sudo"):
        return False
    if not accepts(found, request):
        return False
    if found.hangs(request.capability):
        raise Undecided("; ".join(sorted(one.text for one in (*found.conditions, *found.opaque))))
    return True


def _deciding(held: Acl, path: str, listing: bool, server: Server) -> Permissions | None:
    found = _decided(held, path, listing, server)
    return found[1] if found else None


def _decided(held: Acl, path: str, listing: bool, server: Server) -> tuple[str, Permissions] | None:
    """The rules' path that the server obeys there, and what it gives."""
    short = path.removesuffix("/") if listing else path
    for spelling in (path, short):
        if spelling in held.exact:
            return spelling, held.exact[spelling]
    for spelling in (path, short) if server is Server.OPENBAO else (short, path):
        matching = [one for one in held.patterns if one.matches(spelling)]
        if matching:
            decides = max(matching, key=lambda one: one.rank)
            return decides.text, held.patterns[decides]
    return None


def deciding(
    policies: Sequence[Policy], request: Request, *, server: Server = Server.OPENBAO
) -> list[tuple[str, Rule]]:
    """The rules that decide on a request, with their policies' names: all of one path; none where nothing speaks of it.

    Without those that may or may not be there (expiring, templated).
    """
    path = request.path.lstrip("/")
    found = _decided(_put_together(tuple(policies)), path, request.capability in LISTING, server)
    if found is None:
        return []
    plain = ((policy, rule) for policy in policies if not policy.expires for rule in policy.rules)
    return [
        (policy.name, rule) for policy, rule in plain if rule.path == found[0] and not (rule.expires or rule.templated)
    ]
