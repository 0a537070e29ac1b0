"""``writ fmt`` on files and on standard input."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.servers import WRIT, run_writ

NEAT = "apiVersion: writ/v1\nkind: Guardrail\nmetadata: {name: g}\nspec: {}\n"
MESSY = "kind:   Guardrail\napiVersion: writ/v1\nmetadata: {name: g}\nspec: {}\n"


@pytest.mark.parametrize(("text", "code"), [(NEAT, 0), (MESSY, 2), ("kind: [", 1)])
def test_check_of_standard_input_writes_nothing_and_says_it_by_its_exit_code(
    text: str, code: int, tmp_path: Path
) -> None:
    done = run_writ("fmt", "-check", "-", cwd=tmp_path, stdin=text)
    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize("text", [NEAT, MESSY])
def test_standard_input_is_written_formatted(text: str, tmp_path: Path) -> None:
    done = run_writ("fmt", "-", cwd=tmp_path, stdin=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, NEAT, "")


@pytest.mark.parametrize("check", [(), ("-check",)])
def test_a_file_over_the_cap_is_refused_as_validate_does(check: tuple[str, ...], tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as big:
        big.truncate(17 * 1024 * 1024)
    done = run_writ("fmt", *check, "big.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "big.yaml:1:1: error[W006]: over the cap: 16 MiB for one file" in done.stderr
    with (tmp_path / "big.yaml").open("rb") as big:
        streamed = subprocess.run(
            [*WRIT, "fmt", *check, "-"], cwd=tmp_path, stdin=big, capture_output=True, text=True, check=False
        )
    assert (streamed.returncode, streamed.stdout) == (1, "")
    assert "<stdin>:1:1: error[W006]" in streamed.stderr


@pytest.mark.parametrize("command", [("validate",), ("fmt",), ("fmt", "-check"), ("plan",), ("apply",)])
def test_a_closed_standard_input_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *WRIT, *command, "-"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "error[W001] <stdin>: can't be read: standard input is closed" in done.stderr
