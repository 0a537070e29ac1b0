from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.control import ask
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.listener import Listener


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if request.get("agent") == "nobody":
        raise SandboxError("no agent 'nobody'", help="there is bot")
    return {"token": "signed:" + ",".join(f"{key}={request[key]}" for key in sorted(request))}


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # A socket's path is short; pytest's own directories are not always.
    place = Path(f"/tmp/writ-test-{os.getpid()}")
    place.mkdir(mode=0o700)
    listener = Listener(place / "s", answer)
    yield place / "s"
    listener.stop()
    (place / "s").unlink()
    place.rmdir()


def test_a_request_gets_its_reply(path: Path) -> None:
    assert ask(path, {"do": "token"}) == {"token": "signed:do=token"}


def test_a_refusal_keeps_its_help(path: Path) -> None:
    with pytest.raises(SandboxError, match="no agent 'nobody'") as refused:
        ask(path, {"agent": "nobody"})
    assert refused.value.help == "there is bot"


@pytest.mark.parametrize("line", [b"{\n", b"[]\n", b"\xff\n", b"\n"])
def test_a_broken_request_is_refused_and_the_next_one_served(path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(5)
        raw.connect(str(path))
        raw.sendall(line)
        assert b"error" in raw.recv(4096)
    assert ask(path, {}) == {"token": "signed:"}


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="doesn't answer"):
        ask(tmp_path / "none", {})


def token(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-X", "importtime", "-m", "reconciler.sandbox.token", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=30)


def test_the_token_command_prints_one_token_and_imports_little(path: Path) -> None:
    done = token("--control", str(path), "--operator", "--audience", "vault")
    assert done.stdout == "signed:audience=vault,do=token,operator=True\n"
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "reconciler.sandbox.control" in imported
    assert not {"pydantic", "jwt", "cryptography", "yaml", "click", "boto3"} & imported


def test_the_token_command_says_why_it_has_none(tmp_path: Path) -> None:
    done = token("--control", str(tmp_path / "none"), "--agent", "bot", "--audience", "vault")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: the sandbox doesn't answer" in done.stderr
    assert "Traceback" not in done.stderr
