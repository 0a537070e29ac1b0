"""Statements as rules of the algebra: for one pair of policies, in one mode of looking."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from providers.aws.effective.actions import Today, Tomorrow, today, tomorrow
from providers.aws.effective.catalogue import Catalogue
from providers.aws.effective.conditions import ANY, is_undefined, space_of, test_of
from providers.aws.effective.document import Condition, Names, Statement, key_name
from providers.aws.effective.patterns import pattern
from providers.aws.effective.principals import OWN, PRINCIPAL, PRINCIPALS, UNMODELLED, rules_of
from providers.aws.effective.variables import texts_with_variables
from reconciler.access.composition import Access
from reconciler.access.globs import Glob, has_unknown
from reconciler.access.keys import Key, KeyTest, Plain, Unknown
from reconciler.access.search import Dimension, Literal, Rule
from reconciler.access.texts import Texts

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
ACTION, RESOURCE, KEY = "action", "resource", "key "
"""Names of dimensions; a key's is KEY and its name."""
PRESENT = KeyTest((), outside=True)
"""Of a key: that it is there, with whatever value."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How to look. ``future``: at names the catalogue doesn't know, not at those it does.

    ``loose``: at what only may be: conditions that aren't modelled and variables, as they suit.
    """

    future: bool = False
    loose: bool = False


MODES = (Mode(), Mode(future=True), Mode(loose=True), Mode(future=True, loose=True))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys that two policies speak of, by name: their kinds of values, whether several, how they are written."""

    known: Catalogue
    kinds: dict[str, frozenset[str]]
    several: frozenset[str]
    written: dict[str, str]
    universe: str
    """The actions that are looked at, as a pattern."""
    accounts: frozenset[str]
    """That principals are named in."""
    principals: bool
    """Whether requests are told by whom they are made."""
    resources: bool
    """Whether requests are told on what they are made: in all but trust policies."""
    variable: tuple[str, ...]
    """Texts with a policy variable."""

    @classmethod
    def of(cls, statements: Sequence[Statement], known: Catalogue, universe: str = "*") -> Vocabulary:
        """What these statements speak of."""
        kinds: dict[str, frozenset[str]] = {}
        several: set[str] = set()
        written: dict[str, str] = {}
        for statement in statements:
            for condition in statement.conditions:
                name = key_name(condition.key)
                written.setdefault(name, condition.key)
                test = test_of(condition, variables=statement.variables)
                kinds[name] = kinds.get(name, frozenset()) | ({test.kind} if test else set())
                if known.holds_several(condition.key) or (test and test.several and not known.holds_one(condition.key)):
                    several.add(name)
        accounts = frozenset(
            found
            for statement in statements
            for _, name in (statement.principals.values if statement.principals else ())
            for found in _ACCOUNT.findall(name)
        )
        principals = any(one.principals is not None for one in statements)
        resources = any(one.resources is not None for one in statements)
        variable = tuple(dict.fromkeys(text for one in statements for text in texts_with_variables(one)))
        return cls(known, kinds, frozenset(several), written, universe, accounts, principals, resources, variable)

    def dimensions(self, rules: Iterable[Rule], mode: Mode) -> dict[str, Dimension]:
        """What these rules speak of, as the search needs it."""
        names = {literal.dimension for rule in rules for literal in rule}
        return {name: self._dimension(name, mode) for name in names | {ACTION, RESOURCE, PRINCIPAL}}

    def _dimension(self, name: str, mode: Mode) -> Dimension:
        if name == ACTION:
            if mode.future:
                return Tomorrow(self.known, self.universe)
            return Today(self.known.bits(self.universe))
        if name in (RESOURCE, PRINCIPAL):
            return Plain(Texts(PRINCIPALS if name == PRINCIPAL else (), loose=mode.loose))
        if name == OWN or name.startswith(UNMODELLED):
            return Unknown()
        key = name.removeprefix(KEY)
        return Key(space_of(self.kinds[key], key, loose=mode.loose) or Texts(), key in self.several)

    def rules(self, statement: Statement, mode: Mode) -> list[Rule]:
        """The rules of which one matches where the statement does; none where it never does."""
        action = action_rule(statement.actions, self.known, mode)
        if action is None:
            return []
        rest = (*_resource(statement), *(self._condition(one, statement) for one in statement.conditions))
        return [tuple(dict.fromkeys((*action, *principal, *rest))) for principal in rules_of(statement)]

    def _condition(self, condition: Condition, statement: Statement) -> Literal:
        test = test_of(condition, variables=statement.variables)
        name = key_name(condition.key)
        undefined = is_undefined(condition, several=name in self.several)
        if test is None or undefined or (test.kind != ANY and space_of(self.kinds[name], name, loose=False) is None):
            # The version is part of it: the same text with and without variables is two conditions.
            return Literal(f"{UNMODELLED}{condition.text}{'' if statement.variables else ' (2008)'}", test=True)
        return Literal(f"{KEY}{name}", test.test)


def action_rule(names: Names, known: Catalogue, mode: Mode) -> Rule | None:
    """What an element asks of the action; None if no action that is looked at can fulfil it."""
    test = tomorrow(names, known) if mode.future else today(names, known)
    if not test:
        return () if names.negated else None
    if "*" in names.values:
        return None if names.negated else ()
    return (Literal(ACTION, test, names.negated),)


def _resource(statement: Statement) -> Rule:
    names = statement.resources
    if names is None:
        return ()
    if "*" in names.values and not names.negated:
        return ()
    patterns = dict.fromkeys(pattern(name, variables=statement.variables) for name in names.values)
    return (Literal(RESOURCE, tuple(patterns), names.negated),)


def only_certain(access: Access, *, gaining: bool) -> Access:
    """Without what hangs on conditions that aren't modelled, so that whatever is found to be gained is for certain.

    ``gaining``: of the two sides, the one that is to allow: there such a condition is taken not to hold in an Allow and
    to hold in a Deny; on the other side the other way round.
    """
    drop, strip = _certain, _stripped
    allow, deny = (drop, strip) if gaining else (strip, drop)
    return Access(tuple(allow(layer) for layer in access.layers), deny(access.denials))


def is_uncertain(access: Access) -> bool:
    """Whether looking loosely can find more than looking strictly."""
    return any(_is_unmodelled(one) or _has_variable(one.test) for one in _literals(access))


def is_modelled(access: Access) -> bool:
    """Whether nothing but the text of variables is open."""
    return not any(map(_is_unmodelled, _literals(access)))


def _literals(access: Access) -> Iterator[Literal]:
    rules = (*access.denials, *(rule for layer in access.layers for rule in layer))
    return (literal for rule in rules for literal in rule)


def _certain(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return _stripped(tuple(rule for rule in rules if not any(one.dimension.startswith(UNMODELLED) for one in rule)))


def _stripped(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(tuple(literal for literal in rule if not _is_unmodelled(literal)) for rule in rules)


def _is_unmodelled(literal: Literal) -> bool:
    # An account's own permission is a matter of another policy; strictly, it is there.
    return literal.dimension == OWN or literal.dimension.startswith(UNMODELLED)


def _has_variable(test: Hashable) -> bool:
    region = test.region if isinstance(test, KeyTest) else test
    return isinstance(region, tuple) and any(isinstance(one, Glob) and has_unknown(one.code) for one in region)
