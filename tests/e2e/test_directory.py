"""The example directory on a real slapd: from nothing and back, what others do, and how access ends."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Self

import jsonschema
import pytest

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.entry import Modification
from providers.ldap.local import OPERATOR
from providers.ldap.permissions import limits, rules
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_schema import plan_schema
from reconciler.render.plan_text import plan_lines
from reconciler.sandbox.reading import read_blueprint
from tests.conformance.suite import bench
from tests.e2e import mess_ldap
from tests.e2e.convergence import check_applies, check_destroys, check_finds_its_own, rows
from tests.e2e.mess import of_system, told
from tests.e2e.retiring_ldap import ALONE, GROUPS, OWN, PASSWORD, SVC, held, left_in, secret_file, standing
from tests.e2e.wiring import rewired
from tests.faults.directory import GROUND, harness
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness, harnessed
from tests.faults.oracle import Probes
from tests.faults.test_points import killed_on_the_way_back
from tests.servers import EXAMPLES, World, run_writ

__all__ = ["harness"]
BASE = "ou=groups,dc=example,dc=com"
EDITORS, READERS = f"cn=writ-wiki-editors,{BASE}", f"cn=build-readers,{BASE}"
METRICS = f"cn=metrics,ou=legacy,{BASE}"
ADMINS = f"cn=directory-admins,{BASE}"
BOT, JANE = "uid=wiki-bot,ou=agents,dc=example,dc=com", "uid=jane,ou=people,dc=example,dc=com"
DOCS = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text()


def at(member: str, group: str) -> str:
    return f'directory.ldap_group_membership["{member}->{group}"]'


@contextmanager
def hands(world: World) -> Iterator[LdapClient]:
    server: Any = world.sandbox.server("ldap")
    client = server.admin("dc=example,dc=com")
    yield client
    client.close()


def does(world: World, group: str, *changes: tuple[str, str, str]) -> None:
    """``("+", attribute, value)``, by hand."""
    with hands(world) as client:
        client.modify(group, [Modification(name, value, adds=sign == "+") for sign, name, value in changes])


def members(world: World, group: str, attribute: str = "member") -> set[str]:
    with hands(world) as client:
        entry = client.entry(group, [attribute])
    return set(entry.all(attribute)) if entry else set()


def test_the_directory(directory: World, pytestconfig: pytest.Config) -> None:
    count = check_applies(directory, "directory/expected/plan.txt", pytestconfig)
    assert members(directory, READERS, "memberUid") == {"jane", "wiki-bot", "build-bot"}
    assert directory.ok("drift").startswith("No drift.")
    shutil.rmtree(directory.state.parent)
    check_finds_its_own(directory, count)
    check_destroys(directory, count)
    assert members(directory, READERS, "memberUid") == {"jane"}
    assert members(directory, METRICS, "uniqueMember") == {JANE}


def test_what_others_do_is_found_with_what_it_gives_and_taken_back(directory: World) -> None:
    directory.apply()
    does(directory, EDITORS, ("+", "member", JANE))
    does(directory, ADMINS, ("+", "member", EDITORS))
    found = directory.json("drift", code=2)
    rogues = {at(JANE, EDITORS), at(EDITORS, ADMINS)}
    assert {item["address"]: item["kind"] for item in found["resource_drift"]} == dict.fromkeys(rogues, "undeclared")
    plan = directory.json("plan", "-detailed-exitcode", code=2)
    assert {address: action for address, action in rows(plan).items() if action != "no-op"} == dict.fromkeys(
        rogues, "delete"
    )
    outside = {row["address"]: row["verdict"] for row in plan["access_changes"] if row["mover"] == "outside"}
    assert outside[at(JANE, EDITORS)] == "widens"
    assert outside[at(BOT, EDITORS)] == "may-widen"
    told = [one for one in plan["diagnostics"] if one["code"] == "W318"]
    assert {one["subject"] for one in told} == {at(BOT, EDITORS), at(EDITORS, ADMINS), at(JANE, EDITORS)}
    assert "if whoever asks follows groups in groups" in "".join(one["summary"] for one in told)
    live = directory.ok("explain", "wiki-bot", "directory", "be", "member", "of", "directory-admins", "--live", code=14)
    assert "follows groups in groups" in live
    directory.ok("plan", "-fail-on", "unmanaged", code=3)
    directory.apply()
    assert members(directory, ADMINS) == {JANE}
    assert "No changes." in directory.ok("plan", "-detailed-exitcode")


def test_what_isnt_ours_and_bears_on_access_is_told(directory: World) -> None:
    """Somebody puts a group that an agent is in into another: none of both is ours."""
    directory.apply()
    does(directory, ADMINS, ("+", "member", METRICS))
    found = directory.json("drift", code=2)
    (item,) = found["resource_drift"]
    assert (item["address"], item["mode"]) == (f'directory.ldap_group_nesting["{METRICS}"]', "data")
    plan = directory.json("plan", code=1)  # a guardrail objects
    assert {row["address"] for row in plan["access_changes"] if row["verdict"] == "may-widen"} == {
        at(BOT, METRICS),
        at(BOT.replace("wiki-bot", "build-bot"), METRICS),
    }
    assert {one["code"] for one in plan["diagnostics"]} == {"W318", "W517"}


def test_an_end_by_hand_is_kept(directory: World) -> None:
    """Of a person, in a group of others: left alone until its note says that it is over, then gone."""
    directory.apply()
    tomorrow = f"expires=2099-01-01; member={JANE}"
    does(directory, METRICS, ("+", "description", tomorrow))
    assert "No changes." in directory.ok("plan", "-detailed-exitcode")
    does(directory, METRICS, ("-", "description", tomorrow), ("+", "description", f"expires=2020-01-01; member={JANE}"))
    drift = directory.ok("drift", code=2)
    assert f"{at(JANE, METRICS)} is there, and no spec declares it" in drift
    assert f"its note in {METRICS} ends it at 2020-01-02T00:00:00Z" in drift
    directory.apply()
    assert JANE not in members(directory, METRICS, "uniqueMember")
    assert directory.ok("drift").startswith("No drift.")


class Later(datetime):
    """A clock that is past every end in the example."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2100, 6, 1, tzinfo=tz)


@pytest.mark.parametrize("lost", [False, True], ids=["with a state", "without"])
def test_what_was_declared_ends_at_its_time(directory: World, monkeypatch: pytest.MonkeyPatch, *, lost: bool) -> None:
    directory.apply()
    if lost:
        directory.state.unlink()
    for module in ("reconciler.compile.compiler", "providers.ldap.live", "providers.ldap.ttl"):
        monkeypatch.setattr(f"{module}.datetime", Later)
    with bench(directory.specs, directory.connections, directory.state) as on:
        assert {one.code for one in on.prepared.diagnostics} == {"W217"}
        assert on.prepared.compiled is not None
        assert on.prepared.compiled.desired == {}
        drift, plan = on.drift(), on.plan()
        kinds = {str(item.address): item.kind.value for item in drift.items}
        causes = {str(row.address): row.cause.value for row in plan.rows}
        assert kinds.get(at(BOT, EDITORS)) == ("undeclared" if lost else "expired")
        assert causes[at(BOT, EDITORS)] == ("undeclared" if lost else "expired")
        jsonschema.validate(plan_json(plan), plan_schema())
        text = "\n".join(line.plain for line in plan_lines(plan))
        assert f"its note in {EDITORS} ends it at 2099-07-01T00:00:00Z" in text
        assert ("it was declared until a moment that has come" in text) is not lost
        on.apply()
        assert on.plan().is_empty
        assert not on.drift().items
    assert members(directory, READERS, "memberUid") == {"jane"}
    assert members(directory, EDITORS) == set()


def test_the_plan_says_how_long_access_stands(directory: World) -> None:
    plan = directory.json("plan")
    stands = {(one["agent"], one["intent"]): one for one in plan["ttls"]}
    one = stands["wiki-bot", "runbooks.edit"]
    assert (one["stands_until"], one["declared_seconds"]) == ("2099-07-01T00:00:00Z", 3600)
    assert one["residual_seconds"] > 3600 * 24 * 365
    assert "the first apply after 2099-07-01T00:00:00Z takes it away" in one["hinges_on"]


def test_the_page_of_permissions_is_what_the_sandboxs_operator_has() -> None:
    """It runs with exactly these rules: whatever is missing would make the tests above fail."""
    specs = str(EXAMPLES / "directory" / "specs")
    printed = {}
    for verb in ("apply", "plan", "inventory"):
        done = run_writ("permissions", verb, specs, "--system", "directory", cwd=EXAMPLES)
        assert (done.returncode, done.stderr) == (0, "")
        printed[verb] = done.stdout
    assert re.findall(r"^```apacheconf\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL) == list(printed.values())
    (system,) = read_blueprint([specs]).systems
    given = [f"access {rule}\n" for rule in rules(system.scope.settings, OPERATOR, writing=True)]
    given.append(f"limits {limits(OPERATOR)}\n")
    assert "".join(given) == printed["apply"].replace("cn=iam-operator,dc=example,dc=com", OPERATOR)


def allow(server: Any, printed: str) -> None:
    """The rules that are printed, but for those of a database and an overlay that this server hasn't."""
    lines = [one for one in printed.splitlines() if not re.search(r"cn=Monitor|pwdChangedTime", one)]
    rules = [one.removeprefix("access ") for one in lines if one.startswith("access ")]
    (limits,) = (one.removeprefix("limits ") for one in lines if one.startswith("limits "))
    assert len(rules) == 3
    with closing(server.admin()) as config:
        given = [Modification("olcAccess", f"{{{at}}}{rule}", adds=True) for at, rule in enumerate(rules)]
        config.modify(server.database_of(mess_ldap.ROOT), [*given, Modification("olcLimits", limits, adds=True)])


def test_a_directory_of_which_everything_planted_is_found_and_nothing_before(directory: World) -> None:
    directory.apply()
    server: Any = directory.sandbox.server("ldap")
    with closing(server.admin(mess_ldap.ROOT)) as admin:
        dn = f"cn=iam-auditor,{mess_ldap.ROOT}"
        values = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["iam-auditor"]}
        admin.add(dn, {**values, "userPassword": ["auditor-Zk3xQ9vB"]})
        allow(server, directory.ok("permissions", "inventory", "--system", "directory"))
        password = ["echo", "auditor-Zk3xQ9vB"]
        login = {"url": server.endpoint, "method": "simple", "bind_dn": dn, "password_command": password}
        auditor = rewired(directory, directory=login)
        found, known, unseen, _ = of_system(directory, "directory", auditor)
        jane = f'directory.ldap_account["uid=jane,ou=people,{mess_ldap.ROOT}"]'
        assert found == {jane: {"over-wide"}}, "the seed's own administrator; a clean control else"
        assert known == {
            f'directory.ldap_account["uid={name},ou=agents,{mess_ldap.ROOT}"]' for name in ("wiki-bot", "build-bot")
        }
        assert unseen == ["who is connected, and from where"], "only Writ's own login may look at the monitor"
        with mess_ldap.planted(admin) as mess:
            found, _, _, printed = of_system(directory, "directory", auditor)
            assert found == mess.expected | {jane: {"over-wide"}}
            assert mess.counts("directory") == told()["directory"]
            assert [secret for secret in mess.secrets if secret in printed] == []


def test_the_whole_way_of_a_standing_account(directory: World, tmp_path: Path) -> None:
    """Locked by a run that died between two groups, undone, locked, put back by hand, given up."""
    file = secret_file(tmp_path, "another")
    prove = ("retire", "-prove", "svc-wiki", "-password", f"wiki-bot={file}")
    with standing(directory) as admin, harnessed(directory, Probes(), GROUND) as behind:
        directory.apply()
        wrong = directory.writ(*prove)
        assert (wrong.returncode, "error[W658]" in wrong.stderr, "another" in wrong.stderr) == (1, True, False), wrong
        secret_file(tmp_path, OWN)
        assert f"logged in at directory ({BOT}, which may not look at its groups)" in directory.ok(*prove)

        svc = LdapConnection.model_validate({"url": directory.sandbox.server("ldap").endpoint})  # type: ignore[attr-defined]
        secret = {"ca_cert": "", "bind_dn": SVC, "password": PASSWORD}
        with closing(LdapClient(str(svc.url), svc, secret, admin.scope)):
            done = directory.writ(*APPLY)
            assert f"warning[W530] retirements.svc-wiki: {SVC} of directory is not locked" in done.stderr
            assert ("is in use: connection " in done.stderr, "from 127.0.0.1, since 20" in done.stderr) == (True, True)

        before = held(admin)
        fault = Fault(3, Phase.BEFORE, Deed.KILL, "ldap modify")
        assert behind.run(*APPLY, fault=fault).returncode == -9, behind.gate.calls
        assert left_in(admin) == len(GROUPS) - 2, "half of it was done, and nobody recorded which"
        directory.ok("retire", "-undo", "svc-wiki", "-auto-approve")
        assert held(admin) == before
        assert "nobody has proved" in directory.ok("plan")

        directory.ok(*prove)
        said = directory.apply()
        assert ("this plan locks it" in said, f"ends: its membership of {ALONE}" in said) == (True, True), said
        assert (left_in(admin), held(admin)[ALONE]) == (0, {"cn=writ-placeholder"})
        assert f"access of account {SVC} of directory is locked since 20" in directory.ok("plan")

        does(directory, ALONE, ("+", "member", SVC))
        drift = directory.writ("drift")
        assert (drift.returncode, "Drift: 1 changed" in drift.stdout) == (2, True), drift
        assert "W536" in {one["code"] for one in directory.json("drift", code=2)["diagnostics"]}
        done = directory.writ(*APPLY)
        assert ("[W536]" in done.stderr, "this plan locks it" in done.stdout, left_in(admin)) == (True, True, 0), done

        directory.edit("retirements.yaml", "quarantine: 14d", "quarantine: 1s")
        time.sleep(1)
        assert "0 added, 0 changed, 1 destroyed" in directory.apply()
        assert (left_in(admin), admin.entry(SVC, ["uid"]) is not None) == (0, True)
        (row,) = directory.json("plan")["retirements"]
        assert (row["stage"], row["deed"]) == ("deleted", "nothing")
        refused = directory.writ("retire", "-undo", "svc-wiki", "-auto-approve")
        assert (refused.returncode, "a deletion can't be undone" in refused.stderr) == (1, True), refused
    kept = b"".join(one.read_bytes() for one in (directory.cwd / ".writ").rglob("*") if one.is_file())
    assert not [one for one in (PASSWORD, OWN, "another") if one.encode() in kept]


def test_nothing_is_lost_or_left_by_a_run_that_is_killed(harness: Harness, request: pytest.FixtureRequest) -> None:
    """A point of tests/faults/test_directory.py, here because the directory runs already."""
    killed_on_the_way_back(harness, "ldap modify", request)
