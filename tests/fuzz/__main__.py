"""`make fuzz`: each target for a while. By coverage where atheris is installed, else by mutation alone, which is said.

What is found is written to ``.fuzz/``: put it into the corpus together with the mend.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import subprocess
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.contract import CORPUS, TooSlow, holds, kept
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS

FOUND = Path(".fuzz")
_MOST = 10
"""Different finds of one target after which the next one has its turn."""


def main() -> int:
    """0: nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--coverage", action="store_true", help="only what atheris finds; it must be installed")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    FOUND.mkdir(exist_ok=True)
    names = asked.targets or list(TARGETS)
    guided = importlib.util.find_spec("atheris") is not None
    if asked.coverage and not guided:
        print("fuzz: atheris is not installed here (pip install atheris); nothing was done", file=sys.stderr)
        return 1
    if not guided:
        print("fuzz: atheris is not installed here (pip install atheris): by mutation only", file=sys.stderr)
    failed = [name for name in names if not asked.coverage and not by_mutation(name, asked.seconds, asked.seed)]
    failed += [name for name in names if guided and not by_coverage(name, asked.seconds)]
    return 1 if failed else 0


def by_mutation(name: str, seconds: int, seed: int) -> bool:
    """Whether nothing was found."""
    rolls, target, corpus = random.Random(seed), TARGETS[name], kept(name)
    places: set[str] = set()
    until, tried = time.monotonic() + seconds, 0
    while time.monotonic() < until and len(places) < _MOST:
        data = mutated(corpus, target.words, rolls, is_json=target.json)
        tried += 1
        try:
            holds(target, data)
        except (Exception, TooSlow) as wrong:  # noqa: BLE001 - whatever it is, it is a find
            place = _place(wrong)
            if place not in places:
                places.add(place)
                print(f"{name}: {place}: {_write(name, data)}")
    print(f"{name}: {tried} inputs, {len(places)} finds (--seed {seed})", flush=True)
    return not places


def _place(wrong: BaseException) -> str:
    frames = traceback.extract_tb(wrong.__traceback__)
    own = [frame for frame in frames if "/tests/" not in frame.filename and "/lib/" not in frame.filename]
    last = (own or frames)[-1]
    return f"{type(wrong).__name__} at {last.filename}:{last.lineno}"


def _write(name: str, data: bytes) -> Path:
    path = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def by_coverage(name: str, seconds: int) -> bool:
    """Whether nothing was found. In a process of its own: libFuzzer ends it."""
    work = FOUND / f"corpus-{name}"
    work.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.coverage", name, str(work), str(CORPUS / name)]
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", f"-artifact_prefix={FOUND}/{name}-"]
    return subprocess.run([*command, *limits], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
