"""Fixtures for all tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from specs import redaction
from tests.servers import directory, estate, shop, world, worlds
from tests.thorough import take_samples

__all__ = ["directory", "estate", "shop", "world", "worlds"]

# A busy machine fails no test: nothing here is timed. All else as on the machine that runs it (derandomised in CI).
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden``: write the expected plans anew instead of comparing."""
    parser.addoption("--update-golden", action="store_true", help="write the examples' expected plans anew")
    parser.addoption("--sweep", action="store_true", help="compare access on everything, not on samples (minutes)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before pytest looks at the marks."""
    take_samples(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was collected stays to the end: going through all of it each time costs a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="module", autouse=True)
def _secrets_of_others_forgotten() -> Iterator[None]:
    """A run knows a few secrets; a worker's modules, one after the other, would know thousands and look for all."""
    known = redaction._known
    before = (known.secrets, known.forms, known.bytes)
    yield
    known.secrets, known.forms, known.bytes = before


@pytest.fixture(scope="session")
def sweep(request: pytest.FixtureRequest) -> bool:
    """Whether tests that sample are to take everything."""
    return bool(request.config.getoption("--sweep"))
