"""One run with a fault, what became of it, and whether it can be mended."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.e2e.hands import Ground, Hands
from tests.e2e.wiring import rewired
from tests.faults.gate import Deed, Fault, Gate, Phase
from tests.faults.http import HttpProxy
from tests.faults.ldap import LdapProxy
from tests.faults.mysql import MysqlProxy
from tests.faults.oracle import SESSION, Facts, Probes, reality, record
from tests.faults.sql import SqlProxy
from tests.servers import World, run_writ
from tests.zygote import PLANTED

RECOVERIES = 2
"""Further applies until the plan must be empty."""
APPLY = ("apply", "-auto-approve")


@dataclass(frozen=True)
class End:
    """How things stand: in the systems, in the record, and who gets in."""

    reality: Facts
    record: Facts
    passed: frozenset[tuple[str, str]]


@dataclass
class Verdict:
    """What went wrong, by the oracle's three words and the program's own claims."""

    lost: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    let_in: list[str] = field(default_factory=list)
    not_empty: str = ""
    lied: list[str] = field(default_factory=list)
    """The run with the fault said that all is done, and this isn't."""
    probes: int = 0
    where: str = ""
    """The call that met the fault; empty where the run was over before."""

    @property
    def sound(self) -> bool:
        """Nothing went wrong."""
        return not self.words

    @property
    def words(self) -> set[str]:
        """What went wrong."""
        return {word for word in ("lost", "orphans", "let_in", "not_empty", "lied") if getattr(self, word)}


@dataclass
class Harness:
    """A world whose servers are behind proxies."""

    world: World
    hands: Hands
    gate: Gate
    connections: str
    probes: Probes
    bug: str = ""
    """One of tests.faults.bugs that every run has."""
    env: dict[str, str] = field(default_factory=dict)
    """More variables of every run."""
    fill: Callable[[], None] = lambda: None
    """Make what the probes need, and a cleaning of the world has taken away."""

    def run(self, *arguments: str, fault: Fault | None = None) -> subprocess.CompletedProcess[str]:
        """``writ`` through the proxies, with at most one fault."""
        self.gate.start(fault)
        done = run_writ(
            *arguments,
            cwd=self.world.cwd,
            env={"WRIT_CONNECTIONS": self.connections, PLANTED: self.bug} | self.env,
            started=self.gate.started,
        )
        self.gate.settled()
        return done

    def examine(self, fault: Fault | None, old: End, new: End, arguments: Sequence[str]) -> Verdict:
        """Run with a fault, mend, judge."""
        self.probes.log_in(self.hands)
        done = self.run(*arguments, fault=fault)
        where, lied = self.gate.hit, self.lies(new) if done.returncode == 0 else []
        found = self.judge(old, new, arguments)
        found.where, found.lied = where, lied
        return found

    def lies(self, new: End) -> list[str]:
        """What isn't as it should be after a run that says so."""
        there, known = self.reality(), record(self.world.state)
        pairs = ((there, new.reality), (known, new.record))
        return [name for was, want in pairs for name in {*was, *want} if was.get(name) != want.get(name)]

    def direct(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``writ`` past the proxies."""
        return self.world.writ(*arguments, **{PLANTED: self.bug} | self.env)

    def reality(self) -> Facts:
        """What is there, but for what the probes' own logins left."""
        made = self.probes.made
        return {name: said for name, said in reality(self.hands).items() if not any(one in name for one in made)}

    def end(self) -> End:
        """How things stand now."""
        return End(self.reality(), record(self.world.state), frozenset(self.probes.passed(self.hands)))

    def judge(self, old: End, new: End, arguments: Sequence[str] = APPLY) -> Verdict:
        """After a run with a fault: nobody was let in meanwhile, and the next runs make it what it should be."""
        found = Verdict(probes=2 * self.probes.count(self.hands))
        during = self.probes.passed(self.hands)
        found.let_in = [f"meanwhile: {one}" for one in sorted(during - old.passed - new.passed)]
        done = self.direct(*arguments)
        for _ in range(RECOVERIES - 1):
            done = done if done.returncode == 0 else self.direct(*arguments)
        plan = self.direct("plan", "-detailed-exitcode", *(["-destroy"] if arguments[0] == "destroy" else []))
        found.not_empty = "".join(one.stdout + one.stderr for one in (done, plan) if one.returncode != 0)
        now = self.end()
        for was, want in ((now.reality, new.reality), (now.record, new.record)):
            found.lost += [f"{name}: {want[name]} is {was.get(name)}" for name in want if was.get(name) != want[name]]
            found.orphans += [name for name in was if name not in want]
        found.let_in += [f"after: {one}" for one in sorted(now.passed - new.passed)]
        # A run that was begun twice may have ended a session that one run would not.
        missing = (one for one in new.passed - now.passed if not one[0].startswith(SESSION))
        found.lost += [f"access: {one}" for one in sorted(missing)]
        return found


def points(calls: Sequence[str], among: str = "") -> list[Fault]:
    """Every call's boundary, with each deed that makes sense there. ``among``: see Fault."""
    deeds = {
        Phase.BEFORE: (Deed.KILL, Deed.DROP),
        Phase.AFTER: (Deed.KILL, Deed.DROP),
        Phase.REPLY: (Deed.KILL,),
    }
    count = sum(re.search(among, call) is not None for call in calls)
    return [Fault(at, phase, deed, among) for at in range(1, count + 1) for phase in Phase for deed in deeds[phase]]


@contextmanager
def harnessed(world: World, probes: Probes, ground: Ground = Ground()) -> Iterator[Harness]:  # noqa: B008 - frozen
    """An example's servers behind proxies."""
    gate = Gate()
    with ExitStack() as stack:
        hands = stack.enter_context(Hands(world, ground))
        behind: dict[str, dict[str, str]] = {}
        for kind in ground.kinds:
            behind |= _BEHIND[kind](stack, gate, world, ground)
        stack.callback(probes.close, hands)
        yield Harness(world, hands, gate, rewired(world, ground.environment, **behind), probes)


Rewired = dict[str, dict[str, str]]
"""By system, with ``_`` for ``-``: what its connection block says otherwise."""


def _vault(stack: ExitStack, gate: Gate, world: World, ground: Ground) -> Rewired:
    upstream = world.connection("vault", ground.environment)["address"]
    return {"vault": {"address": stack.enter_context(HttpProxy(gate, "vault", upstream)).url}}


def _aws(stack: ExitStack, gate: Gate, world: World, ground: Ground) -> Rewired:
    upstream = world.connection(ground.aws, ground.environment)["endpoint_url"]
    return {ground.aws: {"endpoint_url": stack.enter_context(HttpProxy(gate, "aws", upstream)).url}}


def _postgres(stack: ExitStack, gate: Gate, world: World, ground: Ground) -> Rewired:
    place = world.connection("orders-db", ground.environment)
    folder = stack.enter_context(SqlProxy(gate, place["host"], place["port"])).folder
    return {f"{name}_db": {"host": folder} for name in ground.databases}


def _ldap(stack: ExitStack, gate: Gate, world: World, ground: Ground) -> Rewired:
    upstream = world.connection("directory", ground.environment)["url"]
    return {"directory": {"url": stack.enter_context(LdapProxy(gate, upstream)).url}}


def _mysql(stack: ExitStack, gate: Gate, world: World, ground: Ground) -> Rewired:
    upstream = world.connection("shop-db", ground.environment)["socket"]
    return {"shop_db": {"socket": stack.enter_context(MysqlProxy(gate, upstream)).path}}


_BEHIND = {"vault": _vault, "aws": _aws, "postgres": _postgres, "ldap": _ldap, "mysql": _mysql}
