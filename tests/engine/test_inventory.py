"""Classes: each where it begins and just before, and what is only counted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.engine.inventory import Judge, look_over, tripped
from reconciler.engine.leaving import Leavings
from reconciler.engine.session import System
from reconciler.model import (
    Address,
    Class,
    Coming,
    Covering,
    Desired,
    Holds,
    Leaving,
    Origin,
    Resource,
    Seen,
    Side,
    Standing,
    Thresholds,
    Unseen,
    Whose,
    Width,
    Witness,
)
from reconciler.model.frameworks import EVIDENCE, TITLES, evidence
from reconciler.provider import Denied, Scope, Unreachable
from specs.base import SpecModel
from specs.diagnostic import Diagnostic
from tests.memory import Memory, MemoryProvider

NOW = datetime(2027, 1, 1, tzinfo=UTC)
JUDGE = Judge(NOW, Thresholds())
WIDE = (Width(Side.REACH, Witness("everything")),)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def standing(name: str = "x", **facts: Any) -> Standing:
    return Standing(Address("mem", "login", name), "login", **facts)


STALE, STATIC, ENDLESS = Class.STALE, Class.STATIC, Class.NEVER_EXPIRES


@pytest.mark.parametrize(
    ("facts", "classes"),
    [
        ({}, set()),
        ({"created": ago(days=900)}, set()),  # that it isn't known when it was used says nothing
        ({"last_used": ago(days=90)}, set()),
        ({"last_used": ago(days=90, seconds=1)}, {STALE}),
        ({"created": ago(days=91), "use_is_known": True}, {STALE}),
        ({"created": ago(days=89), "use_is_known": True}, set()),
        ({"created": ago(days=91), "last_used": ago(days=1), "use_is_known": True}, set()),
        ({"holds": Holds.CREDENTIAL}, {STATIC}),
        ({"holds": Holds.CREDENTIAL, "endless": True}, {STATIC, ENDLESS}),
        ({"holds": Holds.CREDENTIAL, "endless": True, "enabled": False}, {STALE}),
        ({"holds": Holds.CREDENTIAL, "expires": ago(seconds=0)}, {STALE}),
        ({"holds": Holds.CREDENTIAL, "expires": ago(days=-1)}, set()),
        ({"holds": Holds.CREDENTIAL, "expires": ago(days=-1), "created": ago(hours=1)}, {STATIC}),
        ({"holds": Holds.CREDENTIAL, "expires": ago(days=-1, seconds=-1)}, {STATIC}),
        ({"holds": Holds.CREDENTIAL, "life": 86400, "created": ago(days=80)}, set()),
        ({"holds": Holds.CREDENTIAL, "life": 86401}, {STATIC}),
        ({"holds": Holds.CREDENTIAL, "life": 60, "endless": True}, {STATIC, ENDLESS}),
        ({"holds": Holds.ROTATED}, {STATIC}),
        ({"holds": Holds.STORED}, set()),
        ({"holds": Holds.STORED, "created": ago(days=90)}, set()),
        ({"holds": Holds.STORED, "created": ago(days=91)}, {STATIC}),
        ({"widths": WIDE}, {Class.OVER_WIDE}),
        ({"users": ("one",)}, set()),
        ({"users": ("one", "two")}, {Class.SHARED}),
        ({"people": ("a session of psql",)}, {Class.HUMAN_USE}),
    ],
)
def test_a_class_begins_where_it_says(facts: dict[str, Any], classes: set[Class]) -> None:
    assert set(JUDGE.classes(standing(**facts))) == classes


def test_how_long_is_long_is_asked() -> None:
    judge = Judge(NOW, Thresholds(unused=3600))
    assert judge.classes(standing(last_used=ago(hours=2))) == (STALE,)
    assert judge.classes(standing(last_used=ago(minutes=59))) == ()


class Standings(MemoryProvider):
    """Tells of what it was given; an exception is raised when it is its turn."""

    def __init__(self, *told: Standing | Unseen | Exception | None) -> None:
        self.told = told
        self.asked: list[object] = []

    def inventory(self, client: Memory, scope: Scope[SpecModel]) -> Iterable[Standing | Unseen] | None:
        return None if self.told == (None,) else self._told()

    def _told(self) -> Iterable[Standing | Unseen]:
        for one in self.told:
            if isinstance(one, Exception):
                raise one
            if one is not None:
                yield one

    def covering(
        self, scope: Scope[SpecModel], objects: Mapping[Address, Resource]
    ) -> Callable[[object], Collection[Address]]:
        def covered(access: object) -> Collection[Address]:
            self.asked.append(access)
            return objects.keys() if access == "read" else ()

        return covered


def over(
    *told: Standing | Unseen | Exception | None,
    progress: Callable[[str, int], None] = lambda _system, _count: None,
    leaving: Leavings | None = None,
) -> tuple[Seen, tuple[Diagnostic, ...], Standings]:
    provider = Standings(*told)
    address = Address("mem", "thing", "a")
    wanted = {address: Desired(Resource(address, {}), Origin("", "support-bot", "orders.read"))}
    system = System(provider, Scope("test", "mem", SpecModel()), Memory())
    seen, problems = look_over(system, "memory", JUDGE, wanted, leaving or {}, progress)
    return seen, problems, provider


def test_what_is_dynamic_is_counted_and_not_named() -> None:
    seen, problems, _ = over(
        standing("role", whose=Whose.DYNAMIC, widths=WIDE),
        standing("leases", holds=Holds.CREDENTIAL, life=3600, count=3),
        standing("powerful", holds=Holds.CREDENTIAL, life=3600, widths=WIDE),
        standing("old", holds=Holds.CREDENTIAL, endless=True),
        standing("me", whose=Whose.OPERATOR, holds=Holds.CREDENTIAL, endless=True),
        standing("its own", whose=Whose.SYSTEM, widths=WIDE),
    )
    assert (seen.dynamic, problems) == (4, ())
    assert [item.standing.address.key for item in seen.items if item.is_finding] == ["old", "powerful"]
    assert {item.standing.address.key for item in seen.items if not item.is_finding} == {"me", "its own"}


def test_what_a_retirement_names_says_so_by_any_of_its_spellings() -> None:
    at = Leaving("svc", declared=True, coming=Coming.PROVE)
    told = [standing(name, principals=names) for name, names in (("a", ("x@%", "x")), ("b", ("y",)), ("x", ()))]
    seen, _, _ = over(*told, leaving={("mem", "x"): at, ("other", "y"): at})
    assert {item.standing.address.key: item.leaving for item in seen.items} == {"a": at, "b": None, "x": None}


def test_equal_access_is_compared_once_and_never_kept() -> None:
    both = [standing(name, holds=Holds.CREDENTIAL, access="read") for name in ("a", "b")]
    seen, _, provider = over(*both, standing("c", holds=Holds.CREDENTIAL, access="write"), standing("d", access="read"))
    found = {item.standing.address.key: item.replaced_by for item in seen.items}
    pair = Covering("support-bot", "orders.read")
    assert found == {"a": pair, "b": pair, "c": None, "d": None}, "of d nothing has to be replaced"
    assert provider.asked == ["read", "write"]
    assert {item.standing.access for item in seen.items} == {None}


def test_what_was_seen_before_an_error_is_kept() -> None:
    seen, problems, _ = over(standing("a", widths=WIDE), Unreachable("gone"), standing("b"))
    assert [item.standing.address.key for item in seen.items] == ["a"]
    assert [(one.code, one.message) for one in problems] == [("W501", "mem could not be read: gone")]


def test_how_far_it_is_is_told_while_it_goes() -> None:
    counts: list[int] = []
    over(*(standing(str(n), count=2) for n in range(250)), progress=lambda _system, count: counts.append(count))
    assert counts == [200, 400, 500]


GAP = Unseen("mem", "tokens", "denied")


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ((GAP,), ["W501"]),
        ((GAP, standing("me", whose=Whose.OPERATOR)), ["W501"]),
        ((GAP, standing("a")), []),
        ((GAP, standing("a", whose=Whose.DYNAMIC)), []),
        ((), []),
        ((None,), ["W655"]),
        ((Denied("no"),), ["W501"]),
    ],
)
def test_a_system_of_which_nothing_can_be_seen_is_an_error(
    told: tuple[Standing | Unseen | Exception | None, ...], codes: list[str]
) -> None:
    seen, problems, _ = over(*told)
    assert [one.code for one in problems] == codes
    assert seen.unseen == ((GAP,) if GAP in told else ())


def test_what_trips_are_findings_of_the_classes_that_were_asked_about() -> None:
    seen, _, _ = over(standing("a", widths=WIDE), standing("b", widths=WIDE, whose=Whose.OPERATOR))
    assert tripped(seen.items, (STALE, Class.OVER_WIDE)) == {Class.OVER_WIDE: (seen.items[0],)}
    assert tripped(seen.items, (STALE,)) == {}


def test_every_class_gives_evidence_for_something_that_has_a_title() -> None:
    assert EVIDENCE.keys() == set(Class)
    assert {name for ids in EVIDENCE.values() for name in ids} == TITLES.keys()
    assert evidence([Class.OVER_WIDE, STALE]) == ("NHI1:2025", "NHI5:2025", "ASI03")
