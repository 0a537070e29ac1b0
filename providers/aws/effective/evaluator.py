"""Whether a request is allowed, decided as plainly as IAM's documentation puts it.

It shares nothing with the comparison but the parsed documents, so that each can catch the other's mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address, ip_network

from providers.aws.effective.document import Condition, Policy, Statement, key_name
from providers.aws.effective.open_ends import unset
from providers.aws.effective.whom import is_meant

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Principal:
    """A principal's whole access: what ``identity`` and, where they are, ``boundary`` and ``session`` all allow."""

    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None

    @property
    def layers(self) -> tuple[tuple[Policy, ...], ...]:
        """Of each of these, a statement must allow."""
        return tuple(layer for layer in (self.identity, self.boundary, self.session) if layer is not None)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``context`` by key as ``key_name`` gives it; a key that isn't there is absent."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    principal: str = ""
    """``kind:id``, for a trust policy."""
    assumed: Mapping[str, bool] = field(default_factory=dict)
    """What conditions are taken to come to, by ``Condition.text``, whatever the context."""


def allowed(principal: Principal, request: Request) -> bool:
    """An Allow of each layer, and no Deny of any."""
    for layer in principal.layers:
        statements = [statement for policy in layer for statement in policy.statements]
        if any(not one.allows and applies(one, request) for one in statements):
            return False
        if not any(one.allows and applies(one, request) for one in statements):
            return False
    return True


def trusted(policy: Policy, request: Request) -> bool:
    """Whether a role's trust policy lets the request's principal in."""
    return allowed(Principal((policy,)), request)


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement speaks of a request."""
    action = request.action.lower()
    if any(_like(list(name.lower()), action) for name in statement.actions.values) is statement.actions.negated:
        return False
    if statement.resources is not None:
        filled = [_fill(name, statement, request) for name in statement.resources.values]
        hit = any(one is not None and _like(one, request.resource) for one in filled)
        if hit is statement.resources.negated:
            return False
        if statement.resources.negated and not _are_set(statement.resources.values, statement, request):
            return False
    who = statement.principals
    if who is not None and not is_meant(who, request.principal, request.assumed, allows=statement.allows):
        return False
    return all(holds(condition, statement, request) for condition in statement.conditions)


def _fill(text: str, statement: Statement, request: Request, *, wild: bool = True) -> list[str] | None:
    """A pattern as tokens: ``*`` and ``?`` alone are wildcards, two characters a literal; None: a variable is unset."""
    tokens: list[str] = []
    at = 0
    for found in _VARIABLE.finditer(text) if statement.variables else ():
        tokens += _plain(text[at : found.start()], wild=wild)
        value = _value(found[1], request)
        if value is None:
            return None
        tokens += [f"\\{character}" for character in value]
        at = found.end()
    return tokens + _plain(text[at:], wild=wild)


def _are_set(texts: Iterable[str], statement: Statement, request: Request) -> bool:
    """Whether the variables in a negation have texts, or it is taken to hold without."""
    found = [one[1] for text in texts for one in _VARIABLE.finditer(text)] if statement.variables else []
    missing = [one.strip() for one in found if _value(one, request) is None]
    return all(request.assumed.get(unset(key).text, True) for key in missing)


def _plain(text: str, *, wild: bool) -> list[str]:
    return list(text) if wild else [f"\\{character}" for character in text]


def _value(inner: str, request: Request) -> str | None:
    if inner in ("*", "?", "$"):
        return inner
    key, _, default = inner.partition(",")
    found = request.context.get(key_name(key.strip()), ())
    if len(found) == 1:
        return found[0]
    return default.strip().strip("'") if default else None


def _like(tokens: list[str], text: str, *, fold: bool = False) -> bool:
    """Whether tokens match a text, by the places that each character can lead to: bit ``n`` is before token ``n``.

    All places at once: the product of the two lengths is nothing to walk where both are long.
    """
    signs = [sign for at, sign in enumerate(tokens) if sign != "*" or tokens[at - 1 : at] != ["*"]]
    stays, any_one, exact = _masks(signs, fold=fold)
    places = _skipping(1, stays)
    for character in text:
        steps = any_one | exact.get(character.lower() if fold else character, 0)
        places = _skipping((places & steps) << 1 | places & stays, stays)
        if not places:
            return False
    return bool(places >> len(signs))


def _masks(signs: list[str], *, fold: bool) -> tuple[int, int, Mapping[str, int]]:
    """Where ``*`` stands, where ``?``, and by character where only that is taken."""
    stays, any_one, exact = 0, 0, dict[str, int]()
    for place, sign in enumerate(signs):
        if sign == "*":
            stays |= 1 << place
        elif sign == "?":
            any_one |= 1 << place
        else:
            character = sign[-1].lower() if fold else sign[-1]
            exact[character] = exact.get(character, 0) | 1 << place
    return stays, any_one, exact


def _skipping(places: int, stays: int) -> int:
    """With the places behind each ``*``, which may match nothing."""
    return places | (places & stays) << 1


def holds(condition: Condition, statement: Statement, request: Request) -> bool:
    """Whether a condition of a statement holds for a request."""
    text = condition.text if statement.variables else f"{condition.text} (2008)"
    if text in request.assumed:
        return request.assumed[text]
    values = request.context.get(key_name(condition.key), ())
    operator = condition.operator.lower()
    if operator == "null":
        return any((value.lower() == "true") is (not values) for value in condition.values)
    if "not" in operator and not _are_set(condition.values, statement, request):
        return False
    return _holds(operator, values, condition, statement, request)


def _holds(
    operator: str, values: tuple[str, ...], condition: Condition, statement: Statement, request: Request
) -> bool:
    quantifier, colon, operator = operator.rpartition(":")
    if quantifier == "foranyvalue":
        operator = operator.removesuffix("ifexists")
        return any(_compare(operator, value, condition, statement, request) for value in values)
    if quantifier == "forallvalues":
        operator = operator.removesuffix("ifexists")
        return all(_compare(operator, value, condition, statement, request) for value in values)
    negated = "not" in operator
    if not values:
        return negated or operator.endswith("ifexists")
    results = [_compare(operator.removesuffix("ifexists"), one, condition, statement, request) for one in values]
    return not colon and (all(results) if negated else any(results))


def _compare(operator: str, value: str, condition: Condition, statement: Statement, request: Request) -> bool:
    """One value of the request against all values of the condition."""
    positive = operator.replace("not", "", 1)
    hit = any(_fits(positive, value, text, statement, request) for text in condition.values)
    return hit is not ("not" in operator)


def _fits(operator: str, value: str, text: str, statement: Statement, request: Request) -> bool:
    """One value of the request against one of the condition."""
    if operator in ("stringequals", "stringequalsignorecase", "stringlike", "binaryequals"):
        if operator == "binaryequals":
            return value == text
        tokens = _fill(text, statement, request, wild=operator == "stringlike")
        return tokens is not None and _like(tokens, value, fold=operator.endswith("ignorecase"))
    if operator in ("arnequals", "arnlike"):
        return _arn(value, text, statement, request)
    if operator == "bool":
        return value.lower() == text.lower()
    if operator == "ipaddress":
        return _in_network(value, text)
    return _ordered(operator, value, text)


def _arn(value: str, text: str, statement: Statement, request: Request) -> bool:
    """Part by part."""
    patterns, parts = _VARIABLE.sub(lambda one: one[0].replace(":", "\1"), text).split(":", 5), value.split(":", 5)
    filled = [_fill(one.replace("\1", ":"), statement, request) for one in patterns]
    return len(filled) == len(parts) == 6 and all(
        one is not None and _like(one, part) for one, part in zip(filled, parts, strict=True)
    )


def _in_network(value: str, text: str) -> bool:
    try:
        return ip_address(value) in ip_network(text, strict=False)
    except ValueError:
        return False


def _ordered(operator: str, value: str, text: str) -> bool:
    kind = "numeric" if operator.startswith("numeric") else "date"
    read = _decimal if kind == "numeric" else _seconds
    left, right = read(value), read(text)
    if left is None or right is None:
        return False
    return {
        "equals": left == right,
        "lessthan": left < right,
        "lessthanequals": left <= right,
        "greaterthan": left > right,
        "greaterthanequals": left >= right,
    }.get(operator.removeprefix(kind), False)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _seconds(text: str) -> Decimal | None:
    if len(text) > 4 and text.replace(".", "", 1).lstrip("-").isdigit():
        return Decimal(text)
    whole, point, part = text.partition(".")
    digits = re.match(r"\d*", part)
    fraction = digits[0] if point and digits else ""
    plain = whole + part[len(fraction) :] if point else text
    padded = plain if len(plain) > 10 else f"{plain}-01-01"[:10] + "T00:00:00Z"
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)
    return Decimal(int(seconds)) + Decimal(f"0.{fraction or 0}")
