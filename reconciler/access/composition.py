"""Access as allowing and denying rules in layers, and the questions that its differences come down to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from reconciler.access.search import Question, Rule


@dataclass(frozen=True, slots=True)
class Access:
    """What is allowed: a rule of every layer matches (a principal's policies, its boundary, its session), no denial."""

    layers: tuple[tuple[Rule, ...], ...]
    denials: tuple[Rule, ...] = ()


def gained(new: Access, old: Access) -> Iterator[Question]:
    """One of these has a request as its answer exactly if ``new`` allows something that ``old`` doesn't.

    A request is refused by old access because no rule of some layer matches, or because a denial does.
    """
    common = frozenset(new.denials)
    denials = [denial for denial in old.denials if denial not in common]
    # One tuple for all questions of a layer: a search puts it in order once.
    layers = [(frozenset(layer), (*layer, *new.denials)) for layer in old.layers]
    for rules in product(*new.layers):
        wanted = _all(rules)
        for known, refused in layers:
            if known.isdisjoint(rules):
                yield Question(wanted, refused)
        for denial in denials:
            yield Question(_all((*rules, denial)), new.denials)


def allowed(access: Access, within: Rule) -> Iterator[Question]:
    """One of these has an answer exactly if a request for which ``within`` holds is allowed."""
    for rules in product(*access.layers):
        yield Question(_all((*rules, within)), access.denials)


def _all(rules: Sequence[Rule]) -> Rule:
    return tuple(dict.fromkeys(literal for rule in rules for literal in rule))
