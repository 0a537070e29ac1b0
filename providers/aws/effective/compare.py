"""What a change of policies does to a principal's effective access, or to a role's trust.

Composed first, compared after: the identity policies united, boundary and session cutting them down, every Deny on top.
Not looked at: resource policies, organisation policies, and whether keys of the context can go together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.concrete import concrete, guessed
from providers.aws.effective.document import Names, Policy, Statement
from providers.aws.effective.evaluator import Principal, Request, allowed
from providers.aws.effective.formats import in_format
from providers.aws.effective.liked import at_most
from providers.aws.effective.likely import likely
from providers.aws.effective.pinned import most_ways, pinned, pins
from providers.aws.effective.rules import (
    ACTION,
    MODES,
    RESOURCE,
    Mode,
    Vocabulary,
    action_rule,
    is_modelled,
    is_uncertain,
    only_certain,
)
from providers.aws.effective.witness import Sighting, as_example, request_of, witness_of
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.access.composition import Access, gained
from reconciler.access.composition import allowed as within
from reconciler.access.globs import glob
from reconciler.access.search import Literal, Outcome, Question, Search

_TRUST_ACTIONS = "sts:*"
MOST_ACTIONS = 8
_MOST_ASKED = 24
TELLING = (
    "iam:CreateAccessKey",
    "iam:PassRole",
    "sts:AssumeRole",
    "secretsmanager:GetSecretValue",
    "kms:Decrypt",
    "s3:GetObject",
    "s3:DeleteObject",
)
"""What a reviewer looks for behind a wildcard."""
_MOST_GIVEN_UP = 3


def compare(old: Principal | None, new: Principal | None, *, detailed: bool = False) -> Comparison:
    """The effective access of a principal before and after; None: it doesn't exist.

    ``detailed``: up to MOST_ACTIONS requests are told in each direction, one for each action that is written.
    """
    before, after = old or Principal(()), new or Principal(())
    found = _compare(before, after, "*")
    if not detailed or found.verdict is Verdict.EQUAL:
        return found
    gains = _more(found.gains, _written(after), lambda one: _compare(before, after, one).gains)
    loses = _more(found.loses, _written(before), lambda one: _compare(before, after, one).loses)
    return Comparison(found.verdict, gains, loses, found.notes)


def _written(principal: Principal) -> Iterator[str]:
    """The actions of its Allow statements, as patterns; where those are wide, first some that tell most."""
    allowing = [one for policy in principal.identity for one in policy.statements if one.allows]
    if any(one.actions.negated or "*" in one.actions.values for one in allowing):
        yield from TELLING
    for one in allowing:
        if not one.actions.negated:
            yield from one.actions.values


def _more(
    first: tuple[Witness, ...], actions: Iterator[str], ask: Callable[[str], tuple[Witness, ...]]
) -> tuple[Witness, ...]:
    """One for each action that has one; the first one where none has."""
    if not first:
        return first
    found: dict[Witness, None] = {}
    for action in islice(dict.fromkeys(actions), _MOST_ASKED):
        if len(found) >= MOST_ACTIONS:
            break
        found |= dict.fromkeys(one for one in ask(action) if one.certain or not first[0].certain)
    return tuple(found) or first


def compare_trust(old: Policy | None, new: Policy | None) -> Comparison:
    """Who may assume a role, before and after; None: the role doesn't exist."""
    before, after = (Principal(() if policy is None else (policy,)) for policy in (old, new))
    return _compare(before, after, _TRUST_ACTIONS)


def compare_resource(old: Policy, new: Policy) -> Comparison:
    """What a resource's policy allows whom, before and after. Their own policies are no part of it."""
    return _compare(Principal((old,)), Principal((new,)), "*")


def reaches(principal: Principal, actions: Sequence[str], resources: Sequence[str]) -> Witness | None:
    """A request in this box of patterns (``*``, ``?``) that the principal may be allowed; None only if there is none.

    Not ``certain`` where it hangs on what isn't modelled, or couldn't be decided: to be treated as reached.
    """
    (side,) = _Side.of(principal)
    look = _Look(Vocabulary.of(side.statements, catalogue()), side.spelling)
    names = Names(tuple(actions))

    def questions(mode: Mode) -> tuple[Access, Iterator[Question]]:
        access = side.access(look.words, mode)
        strict = access if mode.loose else only_certain(access, gaining=True)
        asked = action_rule(names, look.words.known, mode)
        box = (Literal(RESOURCE, tuple(dict.fromkeys(map(glob, resources)))),)
        return access, iter(()) if asked is None else within(strict, (*asked, *box))

    found = look.find(questions, lambda request: allowed(principal, request))
    if found.witness is None and found.undecided:
        return Witness(f"{actions[0]} on {resources[0]}", certain=False, note=f"not decided: {found.undecided}")
    return found.witness


def _compare(old: Principal, new: Principal, universe: str) -> Comparison:
    before, after = _Side.of(old, new)
    if before == after:
        return Comparison(Verdict.EQUAL)
    words = Vocabulary.of((*before.statements, *after.statements), catalogue(), universe)
    look = _Look(words, before.spelling | after.spelling)
    gain = look.difference(after, before)
    loss = look.difference(before, after)
    notes = [f"not decided whether something is gained: {gain.undecided}"] if gain.undecided else []
    notes += [f"not decided whether something is lost: {loss.undecided}"] if loss.undecided else []
    if gain.future:
        today = "narrower" if loss.witness and not loss.future else "equal"
        notes.append(f"{today} today, wider tomorrow: by actions that the catalogue ({words.known.source}) lacks")
    gains, losses = ((one.witness,) if one.witness else () for one in (gain, loss))
    # Without a gain, "equal" would claim that nothing is lost either.
    undecided = bool(gain.undecided) or bool(loss.undecided and not gains)
    return compared(gains, losses, notes, undecided=undecided)


def _statements(principal: Principal) -> Iterator[Statement]:
    return (statement for layer in principal.layers for policy in layer for statement in policy.statements)


@dataclass(frozen=True, slots=True)
class _Side:
    principal: Principal
    layers: tuple[tuple[Statement, ...], ...]

    @classmethod
    def of(cls, *principals: Principal) -> tuple[_Side, ...]:
        """Sides that are looked at together: what one of them names counts for all."""
        everything = [one for principal in principals for one in _statements(principal)]
        known, most = pins(everything), most_ways(everything)
        return tuple(
            cls(
                principal,
                tuple(
                    tuple(
                        one for policy in layer for written in policy.statements for one in pinned(written, known, most)
                    )
                    for layer in principal.layers
                ),
            )
            for principal in principals
        )

    @property
    def at_most(self) -> _Side:
        """What it may allow, if no less."""
        return _Side(self.principal, tuple(tuple(map(at_most, layer)) for layer in self.layers))

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for layer in self.layers for statement in layer)

    @property
    def spelling(self) -> dict[str, str]:
        return {name.lower(): name for statement in self.statements for name in statement.actions.values}

    def access(self, words: Vocabulary, mode: Mode) -> Access:
        rules = [[(one.allows, words.rules(one, mode)) for one in layer] for layer in self.layers]
        return Access(
            tuple(tuple(rule for allows, found in layer if allows for rule in found) for layer in rules),
            tuple(rule for layer in rules for allows, found in layer if not allows for rule in found),
        )


@dataclass(frozen=True, slots=True)
class _Found:
    witness: Witness | None = None
    undecided: str = ""
    """Why something more certain can't be excluded."""
    future: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks for requests in the modes from the most to the least telling."""

    words: Vocabulary
    spelling: dict[str, str]

    def difference(self, new: _Side, old: _Side) -> _Found:
        """Something that ``new`` allows and ``old`` doesn't."""

        def questions(mode: Mode) -> tuple[Access, Iterator[Question]]:
            a, b = new.access(self.words, mode), old.access(self.words, mode)
            both = Access((*a.layers, *b.layers), (*a.denials, *b.denials))
            if not mode.loose:
                a, b = only_certain(a, gaining=True), only_certain(b, gaining=False)
            return both, gained(a, b)

        widest = new.at_most

        def at_most(mode: Mode) -> Iterator[Question]:
            return gained(widest.access(self.words, mode), old.access(self.words, mode))

        return self.find(
            questions,
            lambda request: allowed(new.principal, request) and not allowed(old.principal, request),
            None if widest == new else at_most,
        )

    def find(
        self,
        questions: Callable[[Mode], tuple[Access, Iterator[Question]]],
        confirms: Callable[[Request], bool],
        at_most: Callable[[Mode], Iterator[Question]] | None = None,
    ) -> _Found:
        """The first answer that the evaluator confirms.

        Whoever looks loosely, at variables as they suit or at what they may be ``at_most``, and finds nothing, has
        proved that there is nothing.
        """
        undecided = unsettled = ""
        doubtful: Witness | None = None
        for mode in MODES:
            access, asked = questions(mode)
            if mode.loose and not is_uncertain(access):
                continue
            witness, problem, open_end = self._first(access, asked, mode, confirms)
            if mode.loose and witness and not witness.certain and at_most is not None:
                other, more, _ = self._first(access, at_most(mode), mode, confirms)
                witness = witness if more else other
            if mode.loose and witness is None and not problem:
                unsettled = ""
            undecided, unsettled = undecided or problem, unsettled or open_end
            if witness and (witness.certain or mode.loose):
                return _Found(witness, "" if witness.certain else undecided, future=mode.future)
            doubtful = doubtful or witness
        return _Found(doubtful, undecided) if doubtful else _Found(undecided=undecided or unsettled)

    def _first(
        self, access: Access, asked: Iterator[Question], mode: Mode, confirms: Callable[[Request], bool]
    ) -> tuple[Witness | None, str, str]:
        """(The answer, why there may be a more certain one, one that hangs on the text of a policy variable)."""
        search, problem, unsettled, given_up = None, "", "", 0
        doubtful: Witness | None = None
        for question in asked:
            search = search or self._search(access, mode)
            answer = search.answer(question)
            if answer.outcome is Outcome.OUT_OF_BUDGET:
                # Another question may be easier, and what it finds is as good.
                problem, given_up = "out of budget", given_up + 1
                if given_up > _MOST_GIVEN_UP:
                    break
            if answer.outcome is Outcome.FOUND:
                found = in_format(search, question, Sighting(answer.values, mode, self.spelling), self.words)
                sighting = as_example(likely(search, question, found), question.wanted, self.words)
                witness = self._confirmed(sighting, confirms, guess=is_modelled(access))
                if witness and (mode.loose or witness.certain):
                    return witness, problem, unsettled
                if witness:
                    # Another question may have an answer that isn't in doubt.
                    doubtful = doubtful or witness
                    continue
                shown = next(concrete(sighting, self.words))
                contradicted = f"a second evaluation doesn't confirm {witness_of(shown, self.words).request}"
                # With another text for its variable it may hold, which looking loosely tells.
                if shown is not sighting:
                    unsettled = contradicted
                else:
                    problem = contradicted
        return doubtful, problem, unsettled

    def _confirmed(self, sighting: Sighting, confirms: Callable[[Request], bool], *, guess: bool) -> Witness | None:
        """As a request that can be made and that the evaluator confirms. What only may be is shown as that."""
        loose = sighting.mode.loose
        tries = tuple(concrete(sighting, self.words) if not loose else guessed(sighting, self.words) if guess else ())
        for one in tries:
            if confirms(request_of(one, self.words)):
                return witness_of(replace(one, mode=replace(one.mode, loose=False)), self.words)
        shown = next(iter(tries), None) or next(concrete(sighting, self.words))
        return witness_of(shown, self.words) if loose else None

    def _search(self, access: Access, mode: Mode) -> Search:
        rules = [*access.denials, *(rule for layer in access.layers for rule in layer)]
        return Search(
            self.words.dimensions(rules, mode), split="" if mode.future else ACTION, always=frozenset({ACTION})
        )
