"""Whatever a file or a server holds: a value, or an error of ours, within seconds and a few hundred MiB.

`make test` takes a few inputs of each target, and all of the corpus; `make fuzz` goes on for minutes.
What it finds goes into ``corpus/<target>/`` with the mend.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.contract import CORPUS, holds, kept
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import BETWEEN, TARGETS

EXAMPLES = int(os.environ.get("WRIT_FUZZ_EXAMPLES", "25"))


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name in TARGETS for path in sorted((CORPUS / name).iterdir())],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_what_is_kept(name: str, path: Path) -> None:
    holds(TARGETS[name], path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**64 - 1))
def test_what_is_like_it(name: str, seed: int) -> None:
    target = TARGETS[name]
    holds(target, mutated(kept(name), target.words, random.Random(seed), is_json=target.json))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    holds(TARGETS[name], data)


DEEP = 25_000
NESTED = {
    "brackets": b"[" * DEEP,
    "braces": b'{"a":' * DEEP,
    "closed": b"[" * DEEP + b"]" * DEEP,
    "sequences": b"- " * DEEP,
    "keys": b"? " * DEEP,
    "blocks": b"a {" * DEEP,
    "in a policy": b'path "a" { capabilities = ' + b"[" * DEEP,
    "in a statement": b'{"Statement": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "in both": b'{"path": ' * DEEP + BETWEEN + b'{"Statement": ' * DEEP,
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("nested", NESTED)
def test_nothing_is_too_deep(name: str, nested: str) -> None:
    holds(TARGETS[name], NESTED[nested])
