"""Every provider against the suite, on the quickstart, or the example directory, and its servers."""

from __future__ import annotations

import pytest

from tests.conformance import subjects
from tests.conformance.suite import Subject, bench, check_every_attribute, in_scope
from tests.servers import World

HALVES = pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.thorough)])


@HALVES
@pytest.mark.parametrize("subject", [subjects.AWS, subjects.VAULT, subjects.POSTGRES], ids=lambda s: s.provider)
def test_conformance(subject: Subject, half: int, world: World) -> None:
    check(subject, half, world)


@HALVES
def test_conformance_of_a_directory(half: int, directory: World) -> None:
    check(subjects.LDAP, half, directory)


def check(subject: Subject, half: int, world: World) -> None:
    with bench(world.specs, world.connections, world.state) as on:
        before = in_scope(on, subject.provider)
        assert not on.plan().is_empty
        on.apply()
        assert on.plan().is_empty
        assert not on.drift().items
        assert check_every_attribute(subject, on, half) >= 2
        world.state.unlink()
        assert on.plan().is_empty, "the state is a convenience"
        on.apply(destroy=True)
        assert in_scope(on, subject.provider) == before
