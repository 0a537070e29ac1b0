"""Real servers for the tests, and the command line against them.

``world`` (quickstart), ``estate``, ``directory`` and ``shop`` give a fresh copy of an example's specs, with every
server of the sandbox behind them. The servers are shared by the tests of one pytest worker; what a test made is deleted
after it, and servers of which a test says that they can't be used again are thrown away.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from providers.ldap.provider import LdapProvider
from providers.mysql.provider import MysqlProvider
from reconciler.sandbox.folder import Folder
from reconciler.sandbox.hosting import options
from reconciler.sandbox.issuer import SigningKey, workload_claims
from reconciler.sandbox.operator import SUBJECT
from reconciler.sandbox.reading import read_blueprint
from reconciler.sandbox.sandbox import Sandbox
from specs.loader import load_file
from tests.slate import Slate
from tests.zygote import Zygote

EXAMPLES = Path(__file__).parent.parent / "examples"
WRIT = (sys.executable, "-P", "-m", "reconciler.cli")
"""-P: the working directory has a folder named specs, as the package is."""


def copy_specs(example: str, target: Path) -> None:
    """An example's specs as a folder that a test may change."""
    shutil.copytree(EXAMPLES / example / "specs", target)


def run_writ(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    seconds: float = 120,
    started: Callable[[int], None] = lambda pid: None,
) -> subprocess.CompletedProcess[str]:
    """Run ``writ`` as a user does, its imports done already (tests.zygote). Colours off, no width of a terminal."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return _zygote().run(arguments, cwd, environ | {"NO_COLOR": "1"} | dict(env or {}), stdin, seconds, started)


@cache
def _zygote() -> Zygote:
    made = Zygote()
    atexit.register(made.stop)
    return made


_FOREIGN = ("WRIT_", "VAULT_", "BAO_", "AWS_", "PG")
"""Variables of the person who runs the tests that would change what is tested."""


def processes_of(place: Path) -> list[str]:
    """Living processes whose command line or environment names ``place``, as text."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if os.fsencode(place) in told and int(process.name) != os.getpid():
            found.append(f"{process.name} {told[:200]!r}")
    return found


@dataclass(slots=True)
class World:
    """One test's folder with specs, in front of running servers. Slots: a misspelt ``applied`` would leave things."""

    example: str
    sandbox: Sandbox
    cwd: Path
    connections: Path
    dirty: bool = False
    """Set by a test that leaves the servers so that they can't be used again."""
    applied: bool = field(default=False, init=False)
    """Whether it made anything."""

    @property
    def specs(self) -> Path:
        """The folder of the specs; tests may edit them."""
        return self.cwd / "specs"

    @property
    def state(self) -> Path:
        """Where the commands keep the state."""
        return self.cwd / ".writ" / "state.db"

    def writ(self, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``writ`` in ``cwd``, with the connections."""
        self.applied = self.applied or arguments[:1] == ("apply",)
        return run_writ(*arguments, cwd=self.cwd, stdin=stdin, env={"WRIT_CONNECTIONS": str(self.connections)} | env)

    def ok(self, *arguments: str, code: int = 0, **env: str) -> str:
        """Run ``writ``, assert its exit code, and return what it printed on standard output."""
        done = self.writ(*arguments, **env)
        assert done.returncode == code, f"writ {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run ``writ … -json`` and decode it."""
        return json.loads(self.ok(*arguments, "-json", code=code))

    def apply(self, *arguments: str) -> str:
        """``writ apply -auto-approve``."""
        return self.ok("apply", "-auto-approve", *arguments)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that occurs once in one of the specs."""
        path = self.specs / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def token(
        self, agent: str, system: str, *, environment: str = "", key: SigningKey | None = None, **claims: object
    ) -> str:
        """A workload token of ``agent`` for ``system``; ``claims`` replace its own, ``key`` the issuer's key."""
        settings = read_blueprint([str(self.specs)]).settings
        setting = next(found for found in settings if environment in {"", found.name})
        identity = setting.identities[agent]
        audience = identity.audiences[system]
        if key is None:
            return self.sandbox.issuer.token(identity.issuer, identity.subject, audience, **claims)
        return key.sign(workload_claims(identity.issuer, identity.subject, audience) | claims)

    def connection(self, system: str, environment: str = "") -> dict[str, Any]:
        """A system's block in the connections file."""
        spec: Any = load_file(self.connections).documents[0].data["spec"]
        blocks = spec["environments"][environment]["systems"] if environment else spec["systems"]
        found: dict[str, Any] = blocks[system]
        return found


class Worlds:
    """The sandboxes of one pytest worker, by example."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Sandbox, Slate]] = {}
        self._connections: dict[str, Path] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="writ-tests-"))

    def sandbox(self, example: str) -> Sandbox:
        """The running sandbox of an example."""
        if example not in self._running:
            folder = Folder(self._folder / example)
            assert folder.claim()
            started = Sandbox(options((str(EXAMPLES / example / "specs"),), None, 0.0), folder)
            started.start()
            self._running[example] = started, Slate(started)
            self._connections[example] = _with_tokens(started, self._folder / f"{example}-logins")
        return self._running[example][0]

    def world(self, example: str, folder: Path) -> World:
        """A copy of the example's specs in ``folder``, and its servers."""
        sandbox = self.sandbox(example)
        copy_specs(example, folder / "specs")
        return World(example, sandbox, folder, self._connections[example])

    def clean(self, world: World) -> None:
        """Delete what a test made; its servers too, if they can't be used again."""
        if world.dirty:
            self.drop(world.example)
        elif world.applied:
            self._running[world.example][1].wipe()

    def drop(self, example: str) -> None:
        """Stop an example's sandbox: the next use starts afresh."""
        sandbox, slate = self._running.pop(example)
        slate.close()
        sandbox.stop()

    def stop(self) -> None:
        """Stop all."""
        for example in tuple(self._running):
            self.drop(example)
        shutil.rmtree(self._folder)


def _with_tokens(sandbox: Sandbox, folder: Path) -> Path:
    """The sandbox's connections with tokens made already: each of its own commands starts Python for one."""
    folder.mkdir(mode=0o700, exist_ok=True)

    def made(found: re.Match[str]) -> str:
        audience = json.loads(found[2])[-1]
        token = folder / f"{audience}.jwt"
        issuer = sandbox.issuer
        token.write_text(issuer.token(issuer.url, SUBJECT, audience, exp=int(time.time()) + _LONG))
        return f"{found[1]}{json.dumps(['cat', str(token)])}"

    written = Path(sandbox.status.connections).read_text("utf-8")
    connections = folder / "connections.yaml"
    connections.write_text(re.sub(r"((?:jwt|token)_command: )(\[.*\])", made, written), "utf-8")
    connections.chmod(0o600)
    return connections


_LONG = 86400


@pytest.fixture(scope="session")
def worlds() -> Iterator[Worlds]:
    """All sandboxes of this worker."""
    made = Worlds()
    yield made
    made.stop()


def _world(worlds: Worlds, example: str, tmp_path: Path) -> Iterator[World]:
    made = worlds.world(example, tmp_path)
    yield made
    worlds.clean(made)


@pytest.fixture
def world(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """The quickstart's specs and servers."""
    yield from _world(worlds, "quickstart", tmp_path)


@pytest.fixture
def directory(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """The directory's specs and its slapd, where this machine has one."""
    missing = LdapProvider().local_server().missing
    if missing:
        pytest.skip(missing)
    yield from _world(worlds, "directory", tmp_path)


@pytest.fixture
def shop(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """The shop's specs, its MariaDB, where this machine has one, and OpenBao."""
    missing = MysqlProvider().local_server().missing
    if missing:
        pytest.skip(missing)
    yield from _world(worlds, "shop", tmp_path)


@pytest.fixture
def estate(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """The estate's specs and servers: two environments."""
    yield from _world(worlds, "estate", tmp_path)
