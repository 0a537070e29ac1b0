"""Worlds that a whole module shares, applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.hands import Hands
from tests.servers import World, Worlds


@dataclass(frozen=True)
class Ground:
    """The quickstart, applied, and somebody's hands on its servers."""

    world: World
    hands: Hands


@pytest.fixture(scope="module")
def ground(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Applied before the module's first test, destroyed after its last: each test leaves it as it was."""
    world = worlds.world("quickstart", tmp_path_factory.mktemp("ground"))
    world.apply()
    with Hands(world) as hands:
        yield Ground(world, hands)
    worlds.clean(world)
