"""What a user would pick instead, on the same servers: Ansible's check mode and IAMbic's plan.

Each is installed from PyPI into a venv in a temporary folder (or in WRIT_BENCH_TOOLS, where they stay). They look after
a part of what Writ's plan covers: Ansible roles with their policies in AWS, and roles with their grants in PostgreSQL;
IAMbic roles with their policies in AWS.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Run, cpu, measure, mebibytes, seconds
from world import World, world

from reconciler.connections import read_connections
from reconciler.workflow.specs import Request, prepare

SIZES = (50, 200)
_ANSIBLE_ROUNDS = 1
"""A round at 200 agents takes minutes."""
_PACKAGES = {"ansible": ("ansible", "boto3", "psycopg2-binary"), "iambic": ("iambic-core",)}
# IAMbic asks STS at AWS's own address whatever AWS_ENDPOINT_URL says.
_IAMBIC = """import sys, boto3
plain = boto3.Session.client
def client(self, service, **given):
    given.pop("endpoint_url", None)
    return plain(self, service, **given)
boto3.Session.client = client
from iambic.main import cli
sys.argv[0] = "iambic"
cli()
"""
_IAMBIC_CONFIG = """template_type: NOQ::Core::Config
version: '1'
aws:
  accounts:
    - account_id: '123456789012'
      account_name: bench
      hub_role_arn: arn:aws:iam::123456789012:role/Hub
      spoke_role_arn: arn:aws:iam::123456789012:role/Spoke
      iambic_managed: read_and_write
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """A venv with one tool: its Python, the tool's version, or why there is none."""

    python: Path
    version: str
    problem: str = ""


def compare(rounds: int) -> str:
    """A table of all, for each size."""
    with _tools() as folder:
        tools = {name: _install(name, packages, folder / name) for name, packages in _PACKAGES.items()}
        found: dict[str, dict[int, list[Run] | str]] = {}
        for agents in SIZES:
            with world(agents) as made:
                for name, runs in _measure(made, tools, rounds):
                    found.setdefault(name, {})[agents] = runs
    head = ("plan without changes", *(f"{agents} agents: seconds | CPU seconds | peak MiB" for agents in SIZES))
    lines = [head, ["---"] * (1 + 3 * len(SIZES))]
    for name, sizes in found.items():
        cells = [cell for agents in SIZES for cell in _cells(sizes[agents])]
        lines.append((name, *cells))
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    versions = "; ".join(tool.problem or tool.version for tool in tools.values())
    return f"{versions}. Ansible ran {_ANSIBLE_ROUNDS} time at each size.\n\n{table}"


def _cells(runs: list[Run] | str) -> Sequence[str]:
    return (runs, "", "") if isinstance(runs, str) else (seconds(runs), cpu(runs), mebibytes(runs))


@contextmanager
def _tools() -> Iterator[Path]:
    kept = os.environ.get("WRIT_BENCH_TOOLS")
    if kept:
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="writ-bench-tools-") as folder:
        yield Path(folder)


def _install(name: str, packages: Sequence[str], folder: Path) -> Tool:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return Tool(python, "", f"{name} could not be installed: {done.stderr.strip().splitlines()[-1]}")
    query = f"from importlib.metadata import version; print({packages[0]!r}, version({packages[0]!r}))"
    told = subprocess.run([python, "-c", query], capture_output=True, text=True, check=False)
    return Tool(python, told.stdout.strip())


def _measure(made: World, tools: Mapping[str, Tool], rounds: int) -> Iterator[tuple[str, list[Run] | str]]:
    """In turns: the tools after each other, then again."""
    endpoint = json.loads((made.folder / "access.json").read_text())["aws"]["endpoint"]
    env = {**made.env, "AWS_ENDPOINT_URL": endpoint}
    commands: dict[str, Callable[[], Run] | str] = {
        "`writ plan`, all three systems": lambda: measure(
            made.writ("plan", "-detailed-exitcode"), cwd=made.folder, env=made.env
        ),
        "IAMbic plan, AWS": _iambic(made, tools["iambic"], env),
    }
    for system in ("aws", "postgres"):
        commands[f"Ansible check mode, {system}"] = _ansible(made, tools["ansible"], env, system)
    runs: dict[str, list[Run] | str] = {
        name: [] if callable(command) else command for name, command in commands.items()
    }
    for number in range(rounds):
        for name, command in commands.items():
            some = runs[name]
            if callable(command) and isinstance(some, list) and (number < _ANSIBLE_ROUNDS or "Ansible" not in name):
                some.append(command())
    yield from runs.items()


def _iambic(made: World, tool: Tool, env: Mapping[str, str]) -> Callable[[], Run] | str:
    """Its own import makes the templates; then a plan of them."""
    if tool.problem:
        return tool.problem
    folder = made.folder / "iambic"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config.yaml").write_text(_IAMBIC_CONFIG)
    start = folder / "start.py"
    start.write_text(_IAMBIC)
    subprocess.run(["git", "init", "--quiet", "."], cwd=folder, check=True)
    try:
        measure([str(tool.python), str(start), "import", "-d", "."], cwd=folder, env=env)
    except RuntimeError as failed:
        return _short(failed)
    templates = sorted(str(path.relative_to(folder)) for path in folder.glob("resources/**/*agent*.yaml"))

    def plan() -> Run:
        run = measure([str(tool.python), str(start), "plan", "-d", ".", *templates], cwd=folder, env=env)
        if len(templates) != made.agents or "0 templates with changes" not in run.output:
            raise RuntimeError(f"IAMbic: {len(templates)} templates\n{run.output[-2000:]}")
        return run

    return plan


def _ansible(made: World, tool: Tool, env: Mapping[str, str], system: str) -> Callable[[], Run] | str:
    if tool.problem:
        return tool.problem
    folder = made.folder / f"ansible-{system}"
    folder.mkdir()
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": _tasks(made, system)}
    play["vars"] = {"ansible_python_interpreter": str(tool.python)}
    (folder / "play.yaml").write_text(json.dumps([play]))
    settings = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    command = [str(tool.python), "-m", "ansible", "playbook", "--check", "-i", "localhost,", "play.yaml"]

    def check() -> Run:
        run = measure(command, cwd=folder, env={**env, **settings})
        if not re.search(r"changed=0 .*failed=0", run.output):
            raise RuntimeError(f"Ansible would change something:\n{run.output[-2000:]}")
        return run

    return check


def _tasks(made: World, system: str) -> list[dict[str, Any]]:
    """Loops over what Writ's specs compile to."""
    operator, _ = read_connections(made.env["WRIT_CONNECTIONS"])
    compiled = prepare(Request((str(made.folder / "specs"),)), operator).compiled
    if compiled is None:
        raise RuntimeError("the specs have errors")
    by_type: dict[str, list[Any]] = {}
    for address, desired in compiled.desired.items():
        by_type.setdefault(address.type, []).append({**desired.resource.attributes, "key": address.key})
    database = made.spec["systems"]["orders-db"]
    login = {"login_host": database["host"], "login_port": int(database["port"]), "login_user": database["user"]}
    login["login_db"] = "orders"
    if system == "aws":
        return [
            _loop("amazon.aws.iam_role", by_type["aws_iam_role"], _ROLE),
            _loop("amazon.aws.iam_policy", by_type["aws_iam_role_policy"], _POLICY),
        ]
    grants = [{**one, "objects": ",".join(one["objects"]) or one["schema"]} for one in by_type["postgresql_grant"]]
    kinds = {kind: [one for one in grants if one["object_type"] == kind] for kind in ("database", "schema", "table")}
    return [
        _loop("community.postgresql.postgresql_user", by_type["postgresql_role"], {**login, **_GROUP}),
        *(_loop("community.postgresql.postgresql_privs", kinds[kind], {**login, **_PRIVS[kind]}) for kind in kinds),
    ]


_ROLE = {
    "name": "{{ item.name }}",
    "path": "{{ item.path }}",
    "assume_role_policy_document": "{{ item.assume_role_policy }}",
    "description": "{{ item.description }}",
    "max_session_duration": "{{ item.max_session_duration }}",
    "tags": "{{ item.tags }}",
    "create_instance_profile": False,
}
_POLICY = {
    "iam_type": "role",
    "iam_name": "{{ item.role }}",
    "policy_name": "{{ item.name }}",
    "policy_json": "{{ item.policy }}",
    "state": "present",
}
_GROUP = {"name": "{{ item.key }}", "role_attr_flags": "NOLOGIN,NOINHERIT", "comment": "{{ item.comment }}"}
_GRANT = {"roles": "{{ item.role }}", "privs": "{{ item.privileges | join(',') }}"}
_PRIVS = {
    "database": {**_GRANT, "type": "database", "objs": "{{ item.database }}"},
    "schema": {**_GRANT, "type": "schema", "objs": "{{ item.schema }}"},
    "table": {**_GRANT, "type": "table", "schema": "{{ item.schema }}", "objs": "{{ item.objects }}"},
}


def _loop(module: str, items: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": module, module: dict(options), "loop": list(items), "loop_control": {"label": "-"}}


def _short(failed: Exception) -> str:
    return f"did not run: {str(failed).strip().splitlines()[-1][:200]}"
