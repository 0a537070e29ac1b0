"""Which files are read: only regular ones within the folder that was named, each once, none over the cap."""

from __future__ import annotations

import io
import json
import os
import socket
from pathlib import Path

import pytest

from specs import Loaded, load, load_file
from specs.files import FILE_CAP

DOCUMENT = "apiVersion: writ/v1\nkind: Agent\nmetadata: {name: NAME}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "specs"
    root.mkdir()
    monkeypatch.chdir(tmp_path)
    return root


def put(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = DOCUMENT.replace("NAME", name)
    if path.suffix == ".json":
        text = json.dumps({"apiVersion": "writ/v1", "kind": "Agent", "metadata": {"name": name}})
    path.write_text(text)
    return path


def names(loaded: Loaded) -> list[str]:
    return [document.name for document in loaded.documents]


def findings(loaded: Loaded) -> list[str]:
    return [f"{one.code} {one.subject or one.span}: {one.message}" for one in loaded.diagnostics]


def test_folders_are_read_recursively_in_order_without_hidden_names(folder: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "sub/d.yaml", "sub/deep/e.yaml", ".hidden.yaml", ".git/f.yaml", "g.txt"):
        put(folder / name, name.split("/")[-1][0])
    assert names(load(["specs"])) == ["a", "b", "c", "d", "e"]


def test_paths_are_shown_as_they_were_given(folder: Path) -> None:
    put(folder / "sub/a.yaml", "a")
    assert [d.locator.file for d in load(["specs"]).documents] == ["specs/sub/a.yaml"]
    assert [d.locator.file for d in load([str(folder)]).documents] == [f"{folder}/sub/a.yaml"]


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    put(folder / "a.yaml", "a")
    assert names(load(["specs", "specs/a.yaml", "specs/../specs"])) == ["a"]


def test_standard_input(folder: Path) -> None:
    loaded = load(["-"], io.BytesIO(DOCUMENT.replace("NAME", "a").encode()))
    assert names(loaded) == ["a"]
    assert str(loaded.documents[0].locator.span(("kind",))) == "<stdin>:2:7"


def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.yaml", "secret")
    put(tmp_path / "outside/o.yaml", "o")
    put(folder / "a.yaml", "a")
    (folder / "b.yaml").symlink_to("../secret.yaml")
    (folder / "c").symlink_to("../outside")
    loaded = load(["specs"])
    assert names(loaded) == ["a"]
    message = "not a regular file in the root: a link that leads out of it"
    assert findings(loaded) == [f"W002 specs/b.yaml: {message}", f"W002 specs/c: {message}"]
    assert loaded.opaque


def test_a_file_that_is_named_may_not_lead_out_either(folder: Path) -> None:
    (folder / "b.yaml").symlink_to("/etc/passwd")
    assert [f.split(":")[0] for f in findings(load(["specs/b.yaml"]))] == ["W002 specs/b.yaml"]


def test_links_within_the_folder_are_followed_once(folder: Path) -> None:
    put(folder / "..data_1/a.yaml", "a")  # as Kubernetes mounts a ConfigMap
    (folder / "..data").symlink_to("..data_1")
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    (folder / "loop").symlink_to(".")
    loaded = load(["specs"])
    assert names(loaded) == ["a"]
    assert findings(loaded) == []


def test_pipes_sockets_and_devices_are_refused(folder: Path) -> None:
    os.mkfifo(folder / "a.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("specs/b.yaml")
        found = findings(load(["specs", "/dev/null", "/dev/zero"]))
    message = "not a regular file in the root: a pipe, socket or device"
    assert found == [f"W002 {name}: {message}" for name in ("specs/a.yaml", "specs/b.yaml", "/dev/null", "/dev/zero")]


def test_what_is_not_there(folder: Path) -> None:
    put(folder / "agents.yaml", "a")
    loaded = load(["specs/agent.yaml", "nowhere/x.yaml", "a\0b", "x" * 5000])
    assert [one.code for one in loaded.diagnostics] == ["W001"] * 4
    assert [one.help for one in loaded.diagnostics[:2]] == [
        "did you mean specs/agents.yaml?",
        "nowhere isn't there either",
    ]
    assert loaded.opaque


def test_a_folder_without_specs(folder: Path) -> None:
    (folder / "README.md").write_text("x")
    assert findings(load(["specs"])) == ["W001 specs: no *.yaml, *.yml or *.json here"]


def test_loops_and_broken_links(folder: Path) -> None:
    put(folder / "a.yaml", "a")
    (folder / "b.yaml").symlink_to("b.yaml")
    (folder / "c.yaml").symlink_to("nothing")
    loaded = load(["specs"])
    assert names(loaded) == ["a"]
    assert [one.code for one in loaded.diagnostics] == ["W001", "W001"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable(folder: Path) -> None:
    put(folder / "a.yaml", "a").chmod(0)
    assert findings(load(["specs"])) == ["W001 specs/a.yaml: can't be read: permission denied"]


def test_a_name_that_is_not_utf_8(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(str(folder)) + b"/\xff.yaml")).write_text("kind: ]")
    assert str(load(["specs"]).diagnostics[0].span) == "specs/\\xff.yaml:1:7"


def test_a_run_has_a_cap(folder: Path) -> None:
    text = ("# " + "x" * 997 + "\n") * 900 + "---\n"
    for number in range(5):
        (folder / f"{number}.yaml").write_text(text * (FILE_CAP // len(text)))
    assert [one.message for one in load(["specs"]).diagnostics if one.code == "W006"] == [
        "over the cap: 64 MiB for all files of a run"
    ]


def test_one_file_of_the_operators_may_lie_anywhere(folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "real/c.yaml", "c")
    (folder / "c.yaml").symlink_to("../real/c.yaml")
    assert names(load_file(folder / "c.yaml")) == ["c"]
    assert [one.code for one in load_file(folder / "d.yaml").diagnostics] == ["W001"]
    assert [one.message for one in load_file(folder).diagnostics] == ["can't be read: is a directory"]


def test_names_in_capitals_are_specs_too(folder: Path) -> None:
    put(folder / "a.YAML", "a")
    put(folder / "b.Yml", "b")
    assert names(load(["specs"])) == ["a", "b"]


def test_links_that_lead_nowhere_or_in_a_circle_say_the_way_out(folder: Path) -> None:
    put(folder / "nothings.yaml", "a")
    (folder / "a.yaml").symlink_to("b.yaml")
    (folder / "b.yaml").symlink_to("a.yaml")
    (folder / "c.yaml").symlink_to("nothing.yaml")
    found = load(["specs", "specs/c.yaml"]).diagnostics
    assert len(found) == 4
    assert all(one.help and "did you mean" not in one.help for one in found)


@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
def test_another_name_of_standard_input(name: str) -> None:
    [found] = load([name]).diagnostics
    assert (found.code, found.subject, found.help) == ("W002", name, "write - instead")
    assert found.message == "not a file: standard input has a name of its own here"
