"""`writ state` and `writ lock` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import Address, Applied, Origin, Resource
from reconciler.state.lock import locked
from reconciler.state.opening import open_store
from tests.servers import run_writ

ADDRESS = Address("db", "role", 'writ_a"b')
OTHER = Address("db", "role", "writ_c")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_store(tmp_path / "state.db") as store:
        objects = [Applied(Resource(one, {"login": False}), Origin("why", "a", "b")) for one in (ADDRESS, OTHER)]
        store.put_all("production", (), objects, "me")
    return tmp_path


def ok(folder: Path, *arguments: str, stdin: str = "") -> str:
    done = run_writ(*arguments, "-state", "state.db", cwd=folder, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def document(folder: Path, *arguments: str) -> Any:
    return json.loads(ok(folder, *arguments, "-json"))


def refused(folder: Path, code: str, *arguments: str, stdin: str = "") -> str:
    done = run_writ(*arguments, "-state", "state.db", cwd=folder, stdin=stdin)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error[{code}]" in done.stderr
    return done.stderr


def test_list_and_show(folder: Path) -> None:
    assert ok(folder, "state", "list").splitlines() == [str(ADDRESS), str(OTHER)]
    found = document(folder, "state", "list")
    assert [one["key"] for one in found["objects"]] == ['writ_a"b', "writ_c"]
    assert (found["serial"], found["unfinished"], found["environment"]) == (1, [], "production")
    assert "login = false" in ok(folder, "state", "show", str(ADDRESS))
    assert document(folder, "state", "show", str(ADDRESS))["attributes"] == {"login": False}
    assert "did you mean" in refused(folder, "W616", "state", "show", str(OTHER)[:-3] + '"]').lower()
    refused(folder, "W615", "state", "list", "-environment", "staging")


def test_mv_and_rm_say_that_no_system_was_touched(folder: Path) -> None:
    new = 'db.role["writ_d"]'
    assert "No system was touched." in ok(folder, "state", "mv", str(ADDRESS), new)
    assert document(folder, "state", "rm", str(OTHER)) == {"removed": str(OTHER)}
    assert ok(folder, "state", "list").splitlines() == [new]
    refused(folder, "W616", "state", "rm", str(OTHER))
    told = ok(folder, "audit", "show")
    assert "state mv by " in told
    assert f"- {OTHER}" in told
    assert "the state's serial 2 becomes 3" in told


def test_what_was_pulled_is_pushed(folder: Path) -> None:
    body = ok(folder, "state", "pull")
    ok(folder, "state", "rm", str(OTHER))
    assert "older" in refused(folder, "W617", "state", "push", "-", stdin=body)
    assert "replaced: 2 objects (serial 3)" in ok(folder, "state", "push", "-force", "-", stdin=body)
    changed = refused(folder, "W610", "state", "push", "-", stdin=body.replace("writ_c", "writ_x"))
    assert "help: push what writ state pull printed, unchanged" in changed
    refused(folder, "W610", "state", "push", "gone.json")
    (folder / "body.json").write_text(body)
    elsewhere = run_writ("state", "push", "body.json", cwd=folder, env={"WRIT_STATE": str(folder / "new.db")})
    assert elsewhere.returncode == 0
    assert (folder / "new.db").exists()


def test_a_lock_is_listed_and_refuses_what_writes(folder: Path) -> None:
    assert ok(folder, "lock", "list") == "Nothing is locked.\n"
    with (
        open_store(folder / "state.db") as store,
        locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine,
    ):
        assert f"ID {mine.id}" in ok(folder, "lock", "list")
        (told,) = document(folder, "lock", "list")["locks"]
        assert (told["id"], told["operation"], told["lease_seconds"]) == (mine.id, "apply", 20.0)
        assert mine.id in refused(folder, "W611", "state", "rm", str(OTHER))
        assert len(ok(folder, "state", "list").splitlines()) == 2


def test_a_place_that_is_not_known_is_told_without_its_secret(folder: Path) -> None:
    for command in (("state", "list"), ("lock", "list"), ("force-unlock", "x"), ("plan", "-json")):
        done = run_writ(*command, cwd=folder, env={"WRIT_STATE": "mysql://me:c4n4ry@host/db"})
        assert done.returncode == 1
        assert "c4n4ry" not in done.stdout + done.stderr
    done = run_writ("lock", "list", cwd=folder, env={"WRIT_STATE": "postgresql://me:c4n4ry@127.0.0.1:1/db"})
    assert "error[W610]: the state postgresql://127.0.0.1:1/db can't be used" in done.stderr
    assert "c4n4ry" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("postgresql://me:c4n4ry", "no port"),
        ("postgresql://me:c4n4ry/db", "no port"),
        ("postgresql://other:1,me:c4n4ry?user=me", "no port"),
        ("host=127.0.0.1 port=1 password=c4n4ry", "key=value is no place"),
    ],
)
def test_a_password_where_none_belongs_in_a_place_is_not_repeated(tmp_path: Path, place: str, told: str) -> None:
    for command in (("lock", "list"), ("audit", "verify")):
        done = run_writ(*command, cwd=tmp_path, env={"WRIT_STATE": place})
        assert done.returncode == 1
        assert told in done.stderr
        assert "c4n4ry" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_rebuild_asks_or_is_told_not_to(folder: Path) -> None:
    done = run_writ("state", "rebuild", "-json", cwd=folder)
    assert done.returncode == 1
    assert "add -auto-approve" in done.stderr
