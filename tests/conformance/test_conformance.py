"""Every provider against the suite, on the quickstart, or an example of its own, and its servers."""

from __future__ import annotations

import pytest

from tests.conformance import subjects
from tests.conformance.suite import Subject, bench, check_every_attribute, in_scope
from tests.servers import World
from tests.thorough import sampled

PARTS = 3
"""What one run has time for."""


@pytest.mark.parametrize("part", sampled(range(PARTS), PARTS))
@pytest.mark.parametrize("subject", [subjects.AWS, subjects.VAULT, subjects.POSTGRES], ids=lambda s: s.provider)
def test_conformance(subject: Subject, part: int, world: World) -> None:
    check(subject, world, part, PARTS)


def test_conformance_of_a_directory(directory: World) -> None:
    check(subjects.LDAP, directory)


def test_conformance_of_a_shop(shop: World) -> None:
    check(subjects.MYSQL, shop)


def check(subject: Subject, world: World, part: int = 0, parts: int = 1) -> None:
    with bench(world.specs, world.connections, world.state) as on:
        before = in_scope(on, subject.provider)
        assert not on.plan().is_empty
        on.apply()
        assert on.plan().is_empty
        assert not on.drift().items
        assert check_every_attribute(subject, on, part, parts) >= 2
        world.state.unlink()
        assert on.plan().is_empty, "the state is a convenience"
        on.apply(destroy=True)
        assert in_scope(on, subject.provider) == before
