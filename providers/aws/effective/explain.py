"""Whether a role may do something, and which statement of which policy says so.

The evaluator decides on each statement. A condition whose key the request doesn't name is open, not false: AWS sends
many keys with every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.conditions import is_undefined
from providers.aws.effective.document import Condition, DocumentError, Names, Policy, Statement, key_name
from providers.aws.effective.evaluator import Request, applies
from providers.aws.effective.tagged import context_of, may_tag_sessions
from providers.aws.effective.world import managed_of
from providers.aws.naming import ATTACHMENT, ROLE_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Answer, Deciding, Explanation, Resource
from reconciler.provider import Asking, RequestError

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_HELP = "such as: s3:GetObject arn:aws:s3:::orders/x aws:RequestedRegion=eu-central-1"
_BESIDES = "the resource's own policy and the organisation's policies aren't looked at"


@dataclass(frozen=True, slots=True)
class _Held:
    """One statement, and where it stands."""

    statement: Statement
    place: Deciding
    bears: bool | None
    """Whether it applies; None: it hangs on what the request doesn't say."""
    whole: bool = True
    """Whether it is for every resource, or the request names one."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Statements of which one must allow."""

    held: tuple[_Held, ...]
    unknown: tuple[str, ...] = ()
    """Policies whose text isn't known."""

    def those(self, *, allows: bool, bears: bool | None) -> list[_Held]:
        """Statements of one effect that do, don't, or may apply."""
        return [one for one in self.held if one.statement.allows is allows and one.bears is bears]


def explain(_settings: AwsSettings, asking: Asking) -> Explanation:
    """By the role's inline and attached policies and its boundary. Raises RequestError."""
    request, named = _request(asking.request)
    role = asking.objects.get(asking.subject)
    if role is None:
        return Explanation(Answer.NO, notes=("the role isn't there",))
    boundary = str(role.attributes.get("permissions_boundary") or "")
    bounds = [(boundary, managed_of(asking.objects).get(boundary), None)] if boundary else []
    policies = list(_identity(asking))
    tags = _tags(role, [text for _, text, _ in (*policies, *bounds) if text])
    request = replace(request, context={**tags, **request.context})
    layers = [_layer(one, request, named=named) for one in (policies, bounds) if one is policies or one]
    return _answer(layers, request, "can't be read" if asking.live else "isn't read without --live")


def _tags(role: Resource, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What the role's tags give each request of its sessions, unless somebody may tag those otherwise."""
    tags = role.attributes.get("tags")
    if not isinstance(tags, Mapping) or may_tag_sessions(str(role.attributes.get("assume_role_policy", ""))):
        return {}
    return context_of({str(name): str(value) for name, value in tags.items()}, texts)


def _answer(layers: Sequence[_Layer], request: Request, why: str) -> Explanation:
    notes = [*_unheard(request)]
    denied = [one for layer in layers for one in layer.those(allows=False, bears=True)]
    if denied:
        return Explanation(Answer.NO, tuple(one.place for one in denied), tuple(notes))
    unknown = [f"the policy {arn} {why}" for layer in layers for arn in layer.unknown]
    allowing = [layer.those(allows=True, bears=True) for layer in layers]
    perhaps = [layer.those(allows=True, bears=None) for layer in layers]
    for layer, certain, maybe in zip(layers, allowing, perhaps, strict=True):
        if not (certain or maybe or layer.unknown):
            bound = ["the boundary doesn't allow it"] if layer is not layers[0] else ["no statement allows it"]
            by = [one.place for layer_ in allowing for one in layer_]
            return Explanation(Answer.NO, tuple(by), (*notes, *bound))
    open_denials = [one for layer in layers for one in layer.those(allows=False, bears=None)]
    if all(allowing) and not open_denials and not unknown:
        return Explanation(Answer.YES, tuple(one.place for found in allowing for one in found), (*notes, _BESIDES))
    missing = [maybe for certain, maybe in zip(allowing, perhaps, strict=True) if not certain]
    hanging = [*open_denials, *(one for maybe in missing for one in maybe)]
    bearing = [*(one for found in allowing for one in found), *hanging]
    keys = sorted({key for one in hanging for key in _open_keys(one.statement, request)})
    undefined = [
        f"{_condition(condition)}: {condition.key} may have several values, and IAM doesn't say when that holds; "
        "ForAnyValue: or ForAllValues: would say it"
        for one in hanging
        for condition in one.statement.conditions
        if _leaves_open(condition, request)
    ]
    keys = [key for key in keys if key_name(key) not in request.context]
    asked = [f"it hangs on {', '.join(keys)}: name it as KEY=VALUE, or as KEY= if it isn't there"] if keys else []
    if not all(one.whole for one in hanging):
        asked.insert(0, "it hangs on the resource: name its ARN, or * where the action has none")
    return Explanation(Answer.UNKNOWN, tuple(one.place for one in bearing), (*notes, *unknown, *undefined, *asked))


def _unheard(request: Request) -> Iterator[str]:
    if request.action not in catalogue():
        yield f"{request.action} is no action that is known here"


def _identity(asking: Asking) -> Iterator[tuple[str, str | None, Address | None]]:
    """(Name, text, address) of each policy that gives the role something."""
    managed = managed_of(asking.objects)
    for address, one in sorted(asking.objects.items()):
        if str(one.attributes.get("role", "")) != asking.subject.key:
            continue
        if address.type == ROLE_POLICY:
            yield str(one.attributes["name"]), str(one.attributes["policy"]), address
        elif address.type == ATTACHMENT:
            arn = str(one.attributes["policy_arn"])
            yield arn, managed.get(arn), address


def _layer(policies: Iterable[tuple[str, str | None, Address | None]], request: Request, *, named: bool) -> _Layer:
    held: list[_Held] = []
    unknown: list[str] = []
    for name, text, address in policies:
        try:
            statements = Policy.parse(text).statements if text else None
        except DocumentError:
            statements = None
        if statements is None:
            unknown.append(name)
        for one in statements or ():
            place = Deciding(_text(one), address, "" if address else name)
            whole = named or _is_everywhere(one)
            bears = _bears(one if whole else replace(one, resources=Names(("*",))), request)
            held.append(_Held(one, place, bears if whole or not bears else None, whole))
    return _Layer(tuple(held), tuple(unknown))


def _is_everywhere(statement: Statement) -> bool:
    names = statement.resources
    return names is None or (not names.negated and "*" in names.values)


def _bears(statement: Statement, request: Request) -> bool | None:
    """None where it applies or doesn't as keys are that the request doesn't name."""
    if not any(True for _ in _open_keys(statement, request)):
        return applies(statement, request)
    if not applies(replace(_loosened(statement), conditions=()), request):
        return False
    told = tuple(
        one for one in statement.conditions if key_name(one.key) in request.context and not _leaves_open(one, request)
    )
    plain = tuple(one for one in told if not any(True for _ in _variables(one.values, statement, request)))
    return None if applies(replace(_loosened(statement), conditions=plain), request) else False


def _open_keys(statement: Statement, request: Request) -> Iterator[str]:
    for condition in statement.conditions:
        if key_name(condition.key) not in request.context or _leaves_open(condition, request):
            yield condition.key
        yield from _variables(condition.values, statement, request)
    if statement.resources is not None:
        yield from _variables(statement.resources.values, statement, request)


def _leaves_open(condition: Condition, request: Request) -> bool:
    """Whether IAM doesn't say what it comes to, though the request names its key."""
    values = request.context.get(key_name(condition.key), ())
    return bool(values) and is_undefined(condition, several=catalogue().holds_several(condition.key))


def _variables(texts: Iterable[str], statement: Statement, request: Request) -> Iterator[str]:
    for text in texts if statement.variables else ():
        for found in _VARIABLE.findall(text):
            key = found[2:-1].partition(",")[0].strip()
            if key not in ("*", "?", "$") and key_name(key) not in request.context:
                yield key


def _loosened(statement: Statement) -> Statement:
    """With variables as whatever they may be."""
    names = statement.resources
    if names is None or not statement.variables or not any("${" in one for one in names.values):
        return statement
    if names.negated:
        return replace(statement, resources=Names(("*",)))
    return replace(statement, resources=Names(tuple(_VARIABLE.sub("*", one) for one in names.values)))


def _text(statement: Statement) -> str:
    """``Allow s3:GetObject on arn:aws:s3:::orders/* if StringEquals aws:RequestedRegion eu-central-1``."""
    actions = f"{'all but ' if statement.actions.negated else ''}{', '.join(statement.actions.values)}"
    names = statement.resources
    where = f" on {'all but ' if names.negated else ''}{', '.join(names.values)}" if names else ""
    conditions = " and ".join(_condition(one) for one in statement.conditions)
    return f"{'Allow' if statement.allows else 'Deny'} {actions}{where}{f' if {conditions}' if conditions else ''}"


def _condition(one: Condition) -> str:
    return f"{one.operator} {one.key} {', '.join(one.values)}"


def _request(words: Sequence[str]) -> tuple[Request, bool]:
    """And whether it names a resource: ``*`` is that of an action that has none."""
    if not words or not _ACTION.fullmatch(words[0]):
        raise RequestError(f"{' '.join(words[:1])!r} is no action of one request", _HELP)
    action, *rest = words
    resource, named = "*", False
    if rest and "=" not in rest[0].partition(":")[0] and (rest[0] == "*" or rest[0].startswith("arn:")):
        resource, named = rest.pop(0), True
    if resource != "*" and ("*" in resource or "?" in resource or resource.count(":") < 5):
        raise RequestError(f"{resource!r} is no ARN of one resource", f"without wildcards, {_HELP}")
    context: dict[str, tuple[str, ...]] = {}
    for word in rest:
        key, equals, value = word.partition("=")
        if not equals or ":" not in key:
            raise RequestError(f"{word!r} is no condition key with its value", _HELP)
        known = context.get(key_name(key), ())
        context[key_name(key)] = (*known, value) if value else known
    return Request(action, resource, context), named
