"""Help, version, usage errors, completion; and what they import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import COMMANDS, cli
from reconciler.cli.options import seconds
from tests.servers import copy_specs, run_writ
from tests.thorough import sampled

SDKS = ("boto3", "botocore", "hvac", "psycopg", "requests", "moto", "cryptography")
HEAVY = (*SDKS, "networkx", "yaml", "ruamel", "pydantic", "rich", "providers", "specs")
IMPORTS = """
import sys
from reconciler.cli import main
try:
    main()
except SystemExit as done:
    loaded = {{name.partition(".")[0] for name in sys.modules}}
    print("LOADED", sorted(loaded & set({names!r})), file=sys.stderr)
    sys.exit(done.code)
"""


def loaded_by(*arguments: str, names: tuple[str, ...], cwd: Path) -> str:
    """Which of these packages a command loads, as it prints it."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTS.format(names=names), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("-h",), ("-help",), ("-version",)])
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded_by(*arguments, names=HEAVY, cwd=tmp_path) == "LOADED []"


@pytest.mark.parametrize(
    "arguments",
    [("validate",), ("plan", "--help"), ("apply", "--help"), ("fmt", "-check"), ("schema",), ("completion", "zsh")],
    ids=" ".join,
)
def test_what_asks_no_system_loads_no_sdk(arguments: tuple[str, ...], tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    assert loaded_by(*arguments, names=SDKS, cwd=tmp_path) == "LOADED []"


def test_every_command_is_listed_and_has_help(tmp_path: Path) -> None:
    listed = run_writ("--help", cwd=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    for name, (_, line) in COMMANDS.items():
        assert f"  {name}" in listed.stdout
        assert line.split()[0] in listed.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_help(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "-help"], prog_name="writ")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Usage: writ {command}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nonsense",), "No such command 'nonsense'"),
        (("--nonsense",), "No such option '--nonsense'"),
        (("plan", "--nonsense"), "No such option '--nonsense'"),
        (("plan", "-imput=false"), "No such option '-imput'. Did you mean '-input'?"),
        (("plan", "--targt", "x"), "No such option '--targt'. Did you mean '--target'?"),
        (("sandbox", "up", "-fro", "1s"), "No such option '-fro'. Did you mean '-for'?"),
        (("plan", "-q"), "No such option '-q'."),
        (("plann",), "No such command 'plann'. Did you mean 'plan'?"),
        (("sandbox", "upp"), "No such command 'upp'. Did you mean 'up'?"),
        (("apply", "-input=false"), "-input=false: nobody can be asked; add -auto-approve, or apply a saved plan"),
        (("destroy", "-input=false"), "-input=false: nobody can be asked; add -auto-approve"),
        (("plan", "-parallelism", "0"), "0 is not in the range"),
        (("plan", "-out"), "Option '-out' requires an argument"),
        (("apply", "-lock-timeout", "soon"), "'soon' is not a duration such as 60s"),
        (("apply", "-lock-timeout", "²s"), "'²s' is not a duration such as 60s or 1h30m, up to 768h"),
        (("apply", "-lock-timeout", "9999h"), "'9999h' is not a duration"),
        (("apply", "-lock-timeout", ""), "'' is not a duration"),
        (("apply", "-json"), "-json can't ask: add -auto-approve"),
        (("destroy", "-json"), "-json can't ask: add -auto-approve"),
        (
            ("retire", "-prove", "x"),
            "-prove needs a workload token of each agent: -token FILE; at a",
        ),
        (("retire", "-prove", "x", "-password", "hunter2"), "-password is AGENT=FILE, once for each agent"),
        (("retire", "-undo", "x", "-password", "a=b"), "-token and -password go with -prove"),
        (("validate", ""), "an empty PATH names nothing; write . for the current folder"),
        (("plan", "specs", ""), "an empty PATH names nothing"),
        (("fmt", ""), "an empty PATH names nothing"),
        (("show",), "Missing argument 'FILE'"),
        (("completion", "powershell"), "'powershell' is not one of"),
        (("sandbox", "token"), "name either an AGENT or --operator"),
        ((), "Usage: writ"),
    ],
    ids=lambda value: " ".join(value) or "none" if isinstance(value, tuple) else "",
)
def test_a_usage_error_is_exit_1_and_is_told_on_standard_error(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    done = run_writ(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "number"), [("1h30m", 5400), ("90s", 90), ("0s", 0), ("0h", 0), ("5m", 300), ("1d", 86400)]
)
def test_durations_are_written_as_in_the_specs(text: str, number: int) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize(
    "arguments",
    [("plan", "-input=false"), ("apply", "-input=false", "-auto-approve"), ("destroy", "-auto-approve", "-input=0")],
)
def test_terraforms_scripts_may_say_that_nobody_is_there(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_writ(*arguments, cwd=tmp_path)
    assert "error[W001] .: no *.yaml" in done.stderr


def test_a_saved_plan_needs_nobody_to_be_asked(tmp_path: Path) -> None:
    (tmp_path / "saved.plan").write_text('{"format": "writ-plan/none"}')
    done = run_writ("apply", "-input=false", "saved.plan", cwd=tmp_path)
    assert "error[W620]" in done.stderr, "it is read as a plan"


def test_version_as_a_command(tmp_path: Path) -> None:
    assert run_writ("version", cwd=tmp_path).stdout == run_writ("--version", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("shell", "has"), [("bash", "complete -o nosort"), ("zsh", "#compdef writ"), ("fish", "complete")]
)
def test_completion_prints_a_script(shell: str, has: str, tmp_path: Path) -> None:
    done = run_writ("completion", shell, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert has in done.stdout
    assert "_WRIT_COMPLETE" in done.stdout


def test_the_completion_script_completes(tmp_path: Path) -> None:
    answers = run_writ(
        cwd=tmp_path, env={"_WRIT_COMPLETE": "bash_complete", "COMP_WORDS": "writ pl", "COMP_CWORD": "1"}
    )
    assert answers.stdout == "plain,plan\n"
    options = run_writ(
        cwd=tmp_path, env={"_WRIT_COMPLETE": "bash_complete", "COMP_WORDS": "writ plan -det", "COMP_CWORD": "2"}
    )
    assert "plain,-detailed-exitcode" in options.stdout


@pytest.mark.parametrize("encoding", sampled(["ascii", "latin-1", "utf-8"], 3))
def test_what_the_output_cannot_say_is_escaped(encoding: str, tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    strange = tmp_path / "specs" / "agents-\u4f60\xfc.yaml"
    (tmp_path / "specs" / "agents.yaml").rename(strange)
    text = strange.read_text()
    strange.write_text(text.replace("purpose: ", "purpose:    \u4f60\xfc "), encoding="utf-8")

    def run(*arguments: str, given: bytes = b"") -> tuple[int, bytes]:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "reconciler.cli", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            input=given,
            capture_output=True,
            check=False,
        )
        assert b"W900" not in done.stderr
        return done.returncode, done.stdout

    assert run("fmt", "-check") == (2, f"specs/{strange.name}\n".encode(encoding, "backslashreplace"))
    code, formatted = run("fmt", "-", given=strange.read_bytes())
    assert code == 0
    assert "purpose: \u4f60\xfc " in formatted.decode("utf-8"), "specs are UTF-8 whatever the terminal's encoding is"
    code, document = run("plan", "-json", "nowhere-\u4f60")
    assert code == 1
    assert json.loads(document)["diagnostics"][0]["range"] is None
    assert run("validate", "-json")[0] == 0


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as gone:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "reconciler.cli", "schema"],
            cwd=tmp_path,
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "")
