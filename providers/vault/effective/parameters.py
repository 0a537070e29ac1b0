"""Parameters and wrapping: whether permissions accept them, and what one accepts that another doesn't.

What permissions accept is a product: each parameter has its own set of values, absence among them, and none depends
on another. So one set of requests lies within another exactly if it does so for each parameter by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from providers.vault.effective.permissions import Permissions
from providers.vault.effective.strings import Glob, shortest
from providers.vault.effective.values import NOTHING, WITH_PARAMETERS, Request, Scalar

_Wanted: TypeAlias = Callable[[list[bool]], bool]
_OTHERS: tuple[object, ...] = (True, False, 0)
"""Values that are no strings; 0 stands for all that aren't booleans: no list holds one that is modelled."""


def accepts(perms: Permissions, request: Request) -> bool:
    """Whether parameters and wrapping are as the permissions demand."""
    if not _wrapped(perms, request.wrap_ttl):
        return False
    if request.capability not in WITH_PARAMETERS:
        return True
    if not all(name in request.parameters for name in perms.required):
        return False
    rules = _Rules.of(perms)
    return all(rules.value(name.lower(), value) for name, value in request.parameters.items())


def _wrapped(perms: Permissions, ttl: int | None) -> bool:
    low, high = perms.min_wrapping_ttl, perms.max_wrapping_ttl
    if not low and not high:
        return True
    return ttl is not None and ttl >= low and (not high or low <= high) and (not high or ttl <= high)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which values pass, by parameter."""

    allowed: Mapping[str, tuple[Scalar, ...]]
    denied: Mapping[str, tuple[Scalar, ...]]

    @classmethod
    def of(cls, perms: Permissions) -> _Rules:
        return cls(dict(perms.allowed), dict(perms.denied))

    def value(self, name: str, value: object) -> bool:
        if "*" in self.denied or _listed(self.denied.get(name), value):
            return False
        if not self.allowed or set(self.allowed) == {"*"}:
            return True
        return _listed(self.allowed[name], value) if name in self.allowed else "*" in self.allowed

    def globs(self, name: str) -> list[Glob]:
        values = (*self.denied.get(name, ()), *self.allowed.get(name, ()))
        return [Glob.of(value) for value in values if isinstance(value, str)]


def _listed(values: tuple[Scalar, ...] | None, value: object) -> bool:
    """An empty list is any value."""
    if values is None:
        return False
    if not values:
        return True
    if isinstance(value, str):
        return any(isinstance(one, str) and Glob.of(one).matches(value) for one in values)
    return isinstance(value, bool) and any(one is value for one in values)


@dataclass(frozen=True, slots=True)
class Context:
    """What a request carries besides its path."""

    parameters: tuple[tuple[str, object], ...] = ()
    wrap_ttl: int | None = None

    def request(self, capability: str, path: str) -> Request:
        """The request with it."""
        return Request(capability, path, dict(self.parameters), self.wrap_ttl)

    def __str__(self) -> str:
        said = [f"{name}={_written(value)}" for name, value in self.parameters]
        text = f"with {', '.join(said)}" if said else ""
        wrapped = f"with the reply wrapped for {self.wrap_ttl} s" if self.wrap_ttl is not None else ""
        return ", ".join(part for part in (text, wrapped) if part)


def _written(value: object) -> str:
    if value == NOTHING:
        return "\u2026"
    return value if isinstance(value, str) and value else json.dumps(value)


def some(new: Permissions, capability: str) -> Context | None:
    """The least that a request needs to pass. Raises strings.Exhausted."""
    wrap = next((ttl for ttl in _ttls(new) if _wrapped(new, ttl)), -1)
    if wrap == -1:
        return None
    if capability not in WITH_PARAMETERS:
        return Context((), wrap)
    rules = _Rules.of(new)
    chosen: list[tuple[str, object]] = []
    for name in sorted(new.required):
        value = _value(name, [rules], lambda found: found[0])
        if value is _NONE:
            return None
        chosen.append((name, value))
    return Context(tuple(chosen), wrap)


def beyond(old: Permissions, new: Permissions, capability: str) -> Context | None:
    """What the new permissions accept and the old ones don't; None if there is nothing. Raises strings.Exhausted."""
    least = some(new, capability)
    if least is None:
        return None
    for ttl in _ttls(old, new):
        if _wrapped(new, ttl) and not _wrapped(old, ttl):
            return Context(least.parameters, ttl)
    if capability not in WITH_PARAMETERS:
        return None
    if old.required - new.required:
        return least
    for name in _names(old, new):
        value = _value(name, [_Rules.of(old), _Rules.of(new)], lambda found: found[1] and not found[0])
        if value is not _NONE:
            rest = (pair for pair in least.parameters if pair[0] != name)
            return Context(tuple(sorted((*rest, (name, value)))), least.wrap_ttl)
    return None


_NONE = object()


def _value(name: str, rules: list[_Rules], wanted: _Wanted) -> object:
    """A value of a parameter for which the outcome under each of the rules is as wanted; _NONE if there is none."""
    globs = list(dict.fromkeys(glob for one in rules for glob in one.globs(name)))
    found = shortest(globs, lambda value: wanted([one.value(name, value) for one in rules]))
    if found is not None:
        return found
    return next((value for value in _OTHERS if wanted([one.value(name, value) for one in rules])), _NONE)


def _names(*perms: Permissions) -> list[str]:
    """Every parameter that is spoken of, and one that isn't."""
    named = {name for one in perms for name in (*dict(one.allowed), *dict(one.denied), *one.required)} - {"*"}
    fresh = next(name for name in ("x", *(f"x{i}" for i in range(len(named) + 1))) if name not in named)
    return [*sorted(named), fresh]


def _ttls(*perms: Permissions) -> Iterable[int | None]:
    """Every case of wrapping: none, and each bound with its neighbours."""
    bounds = {bound for one in perms for bound in (one.min_wrapping_ttl, one.max_wrapping_ttl) if bound}
    return [None, *sorted({ttl for bound in bounds for ttl in (bound - 1, bound, bound + 1) if ttl > 0})]
