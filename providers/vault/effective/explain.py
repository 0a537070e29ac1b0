"""Whether a login by a JWT role may do something, and which rule of which policy decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from providers.vault.effective.evaluate import allowed, deciding
from providers.vault.effective.recheck import NotPlain, permits
from providers.vault.effective.values import (
    CAPABILITIES,
    LISTING,
    ROOT,
    Policy,
    PolicyError,
    Request,
    Rule,
    Server,
    Undecided,
)
from providers.vault.effective.world import NotKnown, Surroundings, World
from providers.vault.names import POLICY
from providers.vault.settings import VaultSettings
from reconciler.model import Address, Answer, Deciding, Explanation
from reconciler.provider import Asking, RequestError

_HELP = "such as: read kv/data/orders/x"


def explain(_settings: VaultSettings, asking: Asking) -> Explanation:
    """By the login's whole set of policies, as the server decides. Raises RequestError."""
    request = _request(asking.request)
    around = asking.surroundings if isinstance(asking.surroundings, Surroundings) else Surroundings()
    world = World(asking.objects, around)
    try:
        policies = world.policies(asking.subject)
        if policies is None:
            there = asking.subject in asking.objects
            return Explanation(Answer.NO, notes=("its entity is disabled" if there else "the role isn't there",))
    except NotKnown as why:
        return Explanation(Answer.UNKNOWN, notes=(str(why),))
    except PolicyError as wrong:
        return Explanation(Answer.UNKNOWN, notes=(f"a policy isn't understood: {wrong}",))
    return _decided(policies, request, asking)


def _decided(policies: Sequence[Policy], request: Request, asking: Asking) -> Explanation:
    by = tuple(_rules(policies, request, asking))
    try:
        answers = {allowed(policies, request, server=server) for server in _servers(request)}
    except Undecided as why:
        return Explanation(Answer.UNKNOWN, by, (f"it hangs on what isn't modelled: {why}",))
    if len(answers) > 1:
        return Explanation(Answer.UNKNOWN, by, ("OpenBao and HashiCorp Vault decide differently here",))
    (answer,) = answers
    try:
        agreed = permits(policies, request) is answer or request.capability in LISTING
    except NotPlain:
        agreed = True  # the second opinion has none
    if not agreed:
        return Explanation(Answer.UNKNOWN, by, ("two ways to evaluate it disagree: take it for allowed",))
    return Explanation(Answer.YES if answer else Answer.NO, by, tuple(_why_not(by, answer)))


def _servers(request: Request) -> tuple[Server, ...]:
    return tuple(Server) if request.capability in LISTING else (Server.OPENBAO,)


def _why_not(by: tuple[Deciding, ...], answer: bool) -> Iterator[str]:
    if not answer and not by:
        yield "no rule of its policies is about this path"
    elif not answer:
        yield "the most specific path decides alone, and this is it"


def _rules(policies: Sequence[Policy], request: Request, asking: Asking) -> Iterator[Deciding]:
    if any(policy.name == ROOT for policy in policies):
        yield Deciding("the policy root allows everything", place="policy root")
        return
    ours = {address.key.lower(): address for address in asking.objects if address.type == POLICY}
    for name, rule in deciding(policies, request):
        address: Address | None = ours.get(name)
        yield Deciding(_text(rule), address, "" if address else f"policy {name}")


def _text(rule: Rule) -> str:
    words = [*(one for one in CAPABILITIES if one in rule.capabilities), *(["deny"] if rule.denies else [])]
    more = [
        name
        for name, there in (
            ("allowed_parameters", rule.allowed),
            ("denied_parameters", rule.denied),
            ("required_parameters", rule.required),
            ("wrapping", rule.min_wrapping_ttl or rule.max_wrapping_ttl),
        )
        if there
    ]
    end = f" with {', '.join(more)}" if more else ""
    return f'path "{rule.path}" [{", ".join(words)}]{end}'


def _request(words: Sequence[str]) -> Request:
    if len(words) < 2:
        raise RequestError("a request to Vault is a capability and a path", _HELP)
    capability, path, *rest = words
    if capability.lower() not in CAPABILITIES:
        raise RequestError(f"{capability!r} is no capability", f"one of {', '.join(CAPABILITIES)}; {_HELP}")
    place = path.strip().lstrip("/").removeprefix("v1/")
    if not place or "*" in place or "+" in place.split("/"):
        raise RequestError(f"{path!r} is no path of one request", f"without wildcards, {_HELP}")
    parameters: dict[str, object] = {}
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise RequestError(f"{word!r} is no parameter", "name=value")
        parameters[name] = value
    # The server adds the slash to a LIST that comes without one.
    slash = "/" if capability.lower() in LISTING and not place.endswith("/") else ""
    return Request(capability.lower(), f"{place}{slash}", parameters)
