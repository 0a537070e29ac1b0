"""Mutation testing: every change of guards, ordering, lock and codec that a test could see, tried on the quick tests.

    python -m tests.mutation [GROUP…]      in the repository's folder; prints what no test saw

Each mutant is a fork of a process in which everything is imported: the one function gets another body. Where a change
shows only when a module is imported, the fork imports all of ours anew.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import settings

from tests.mutation.modules import GROUPS
from tests.mutation.operators import Mutant, mutants

AT_ONCE, LEAST = 2, 0.85
OURS = ("specs", "reconciler", "providers", "tests")
_SERVERS = {"database", "bucket", "shared", "stored", "world", "worlds", "estate"}


class Quick:
    """Only what needs no server."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [one for one in items if not _needs_server(one)]


def _needs_server(one: Any) -> bool:
    place = one.callspec.params.get("place") if hasattr(one, "callspec") else None
    return bool(_SERVERS.intersection(one.fixturenames)) or place in {"postgres", "s3"}


class Anew(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module as a mutant."""

    def __init__(self, mutant: Mutant, file: str) -> None:
        self._mutant, self._file = mutant, file

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self, origin=self._file) if name == self._mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self._file
        exec(compile(self._mutant.tree, self._file, "exec"), module.__dict__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _become(mutant: Mutant, file: str) -> None:
    """Make this process the mutant."""
    if mutant.function:
        new = {one.co_qualname: one for one in _codes(compile(mutant.tree, file, "exec"))}[mutant.function]
        olds = [
            one
            for one in gc.get_objects()
            if isinstance(one, FunctionType)
            and one.__code__.co_filename == file
            and one.__code__.co_qualname == mutant.function
        ]
        if olds and all(one.__code__.co_freevars == new.co_freevars for one in olds):
            for one in olds:
                one.__code__ = new
            return
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS and name != "tests"]:
        del sys.modules[name]
    sys.meta_path.insert(0, Anew(mutant, file))


def _forked(tests: Sequence[str], mutant: Mutant | None, file: str) -> int:
    """The id of a process that runs the tests, and ends with pytest's code."""
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        settings.register_profile("few", max_examples=10, derandomize=True, database=None, deadline=None)
        settings.load_profile("few")
        if mutant is not None:
            _become(mutant, file)
        code = int(pytest.main(["-x", "--assert=plain", "-p", "no:xdist", *tests], plugins=[Quick()]))
    finally:
        os._exit(code)


def _ended(running: dict[int, tuple[Any, float]], limit: float) -> Iterator[tuple[Any, bool]]:
    """Which of the processes ended, and whether all tests passed there. One that takes too long failed."""
    for pid, (what, since) in list(running.items()):
        found, status = os.waitpid(pid, os.WNOHANG)
        late = not found and time.monotonic() - since > limit
        if late:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if found or late:
            del running[pid]
            yield what, not late and status == 0


def _survivors(some: Sequence[Mutant], tests: Sequence[str], file: str, limit: float) -> Iterator[Mutant]:
    running: dict[int, tuple[Any, float]] = {}
    waiting = list(some)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop(0)
            running[_forked(tests, mutant, file)] = mutant, time.monotonic()
        yield from (mutant for mutant, passed in _ended(running, limit) if passed)
        time.sleep(0.02)


def _baseline(tests: Sequence[str]) -> float:
    started = time.monotonic()
    _, status = os.waitpid(_forked(tests, None, ""), 0)
    if status:
        sys.exit(f"the tests fail without any change: {' '.join(tests)}")
    return time.monotonic() - started


def _run(modules: Sequence[str], tests: Sequence[str]) -> tuple[int, int]:
    """How many mutants there were, and how many of them were seen."""
    folders = {parent for file in tests for parent in Path(file).parents}
    for file in (*(folder / "conftest.py" for folder in folders if (folder / "conftest.py").exists()), *tests):
        importlib.import_module(str(file).removesuffix(".py").replace("/", "."))
    limit, total, seen = 15 + 3 * _baseline(tests), 0, 0
    for module in modules:
        found = importlib.import_module(module)
        assert found.__file__ is not None
        some = list(mutants(module, Path(found.__file__).read_text()))
        left = sorted(_survivors(some, tests, found.__file__, limit), key=lambda one: one.line)
        print(f"{module}: {len(some) - len(left)} of {len(some)} seen", flush=True)
        for one in left:
            source = Path(found.__file__).read_text().splitlines()[one.line - 1].strip()
            print(f"  {module}:{one.line} {one.what}  |  {source}", flush=True)
        total, seen = total + len(some), seen + len(some) - len(left)
    return total, seen


def main() -> None:
    sums = {name: _run(*GROUPS[name]) for name in sys.argv[1:] or GROUPS}
    for name, (total, seen) in sums.items():
        print(f"{name}: {seen} of {total} mutants seen, {seen / total:.1%}")
    total, seen = (sum(column) for column in zip(*sums.values(), strict=True))
    print(f"all: {seen} of {total}, {seen / total:.1%}")
    sys.exit(seen / total < LEAST)


if __name__ == "__main__":
    main()
