"""Every provider against the suite, on the quickstart, or the example directory, and its servers."""

from __future__ import annotations

import pytest

from tests.conformance import subjects
from tests.conformance.suite import Subject, bench, check_every_attribute, in_scope
from tests.servers import World
from tests.thorough import sampled

THIRDS = pytest.mark.parametrize("third", sampled(range(3), 3))


@THIRDS
@pytest.mark.parametrize("subject", [subjects.AWS, subjects.VAULT, subjects.POSTGRES], ids=lambda s: s.provider)
def test_conformance(subject: Subject, third: int, world: World) -> None:
    check(subject, third, world)


@THIRDS
def test_conformance_of_a_directory(third: int, directory: World) -> None:
    check(subjects.LDAP, third, directory)


def check(subject: Subject, third: int, world: World) -> None:
    with bench(world.specs, world.connections, world.state) as on:
        before = in_scope(on, subject.provider)
        assert not on.plan().is_empty
        on.apply()
        assert on.plan().is_empty
        assert not on.drift().items
        assert check_every_attribute(subject, on, third) >= 2
        world.state.unlink()
        assert on.plan().is_empty, "the state is a convenience"
        on.apply(destroy=True)
        assert in_scope(on, subject.provider) == before
