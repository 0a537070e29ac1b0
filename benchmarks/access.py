"""How long a comparison of access takes: `python benchmarks/access.py [--z3 N]`.

Every managed policy of AWS's (as moto ships them) against changes of itself: median, 99th percentile, worst and total.
With --z3, N of the pairs as well as an SMT problem over strings (z3-solver is installed into a folder that is removed).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from providers.aws.effective.catalogue import catalogue  # noqa: E402
from providers.aws.effective.compare import compare  # noqa: E402
from providers.aws.effective.document import (  # noqa: E402
    Names,
    Policy,
    Statement,
)
from providers.aws.effective.evaluator import Principal  # noqa: E402
from tests.providers.aws.effective.mutations import managed, mutations  # noqa: E402

Z3_TIMEOUT = 10.0
PLAIN = {"stringequals", "stringlike", "stringnotequals", "stringnotlike"}
Pair = tuple[Principal, Principal]


def pairs() -> list[Pair]:
    chance, found = random.Random(1), []
    for document in managed().values():
        old = Principal((Policy.of(document),))
        for change in mutations(document, chance):
            new = Principal((Policy.of(change.document),) if change.document["Statement"] else ())
            found.append((old, new))
    return found


def timed(compared: Sequence[Pair]) -> list[float]:
    """Seconds for each."""
    took = []
    for old, new in compared:
        started = time.perf_counter()
        compare(old, new)
        took.append(time.perf_counter() - started)
    return took


def report(name: str, took: Sequence[float]) -> None:
    ordered = sorted(took)
    figures = {
        "median": ordered[len(ordered) // 2],
        "p99": ordered[int(len(ordered) * 0.99)],
        "worst": ordered[-1],
    }
    shown = ", ".join(f"{what} {seconds * 1000:.1f} ms" for what, seconds in figures.items())
    print(f"{name}: {len(ordered)} pairs in {sum(ordered):.1f} s: {shown}")


class Smt:
    """A comparison as z3 takes it: is there an action, a resource and texts for the keys that only one side allows?"""

    def __init__(self, z3: Any) -> None:
        self.z3 = z3
        self.action, self.resource = z3.String("action"), z3.String("resource")

    def differs(self, new: Principal, old: Principal) -> str:
        z3 = self.z3
        solver = z3.Solver()
        solver.set("timeout", int(Z3_TIMEOUT * 1000))
        solver.add(self.allowed(new), z3.Not(self.allowed(old)))
        return str(solver.check())

    def allowed(self, principal: Principal) -> Any:
        found = [one for policy in principal.identity for one in policy.statements]
        z3 = self.z3
        allow, deny = ([self.applies(one) for one in found if one.allows is effect] for effect in (True, False))
        return z3.And(z3.Or(*allow), z3.Not(z3.Or(*deny)))

    def applies(self, statement: Statement) -> Any:
        actions = Names(tuple(one.lower() for one in statement.actions.values), statement.actions.negated)
        tests = [self.among(self.action, actions), self.among(self.resource, statement.resources or Names(("*",)))]
        for one in statement.conditions:
            operator = one.operator.lower()
            if operator not in PLAIN:
                tests.append(self.z3.Bool(one.text))
                continue
            names = Names(one.values, "not" in operator)
            absent = self.z3.Bool(f"absent {one.key.lower()}")
            hit = self.among(self.z3.String(one.key.lower()), names, wild="like" in operator)
            either = self.z3.Or if names.negated else self.z3.And
            tests.append(either(absent if names.negated else self.z3.Not(absent), hit))
        return self.z3.And(*tests)

    def among(self, text: Any, names: Names, *, wild: bool = True) -> Any:
        hit = self.z3.Or(*(self.z3.InRe(text, self.expression(one, wild=wild)) for one in names.values))
        return self.z3.Not(hit) if names.negated else hit

    def expression(self, pattern: str, *, wild: bool) -> Any:
        z3 = self.z3
        any_one = z3.AllChar(z3.ReSort(z3.StringSort()))
        parts, literal = [], ""
        for letter in pattern:
            if wild and letter in "*?":
                parts += [z3.Re(literal)] if literal else []
                parts.append(z3.Star(any_one) if letter == "*" else any_one)
                literal = ""
            else:
                literal += letter
        parts += [z3.Re(literal)] if literal or not parts else []
        return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def against_z3(sample: Sequence[Pair]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "z3-solver"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        sys.path.insert(0, folder)
        import z3  # noqa: PLC0415

        took, late = [], 0
        for old, new in sample:
            smt = Smt(z3)
            started = time.perf_counter()
            answers = [smt.differs(new, old), smt.differs(old, new)]
            took.append(time.perf_counter() - started)
            late += "unknown" in answers
        report(f"z3 {z3.get_version_string()}", took)
        print(f"  not decided within {Z3_TIMEOUT:g} s: {late}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--z3", type=int, default=0, metavar="N")
    asked = parser.parse_args()
    started = time.perf_counter()
    catalogue()
    print(f"catalogue ({catalogue().source}) loaded in {(time.perf_counter() - started) * 1000:.0f} ms")
    everything = pairs()
    report("all managed policies", timed(everything))
    if asked.z3:
        sample = random.Random(2).sample(everything, asked.z3)
        report("the same pairs as z3's", timed(sample))
        against_z3(sample)


if __name__ == "__main__":
    main()
