"""Text and positions: every value stays text and knows its line and column, with libyaml and without."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
import yaml

from specs.diagnostic import has_errors
from specs.loader import load, load_bytes
from specs.nodes import Positions
from specs.source import SourceSpan
from specs.specset import read
from tests.specs.bad_input import _INPUTS

TEXT = """\
# a comment
kind: Agent
metadata:
  name: bot
  labels: {a: "x y", ä: z}
spec:
  intents:
    - name: orders.read
      ttl: 10m
    - orders.write
  empty:
  folded: >
    one
    two
"""


def locator(text: str = TEXT) -> Positions:
    return load_bytes(text.encode(), "f.yaml").documents[0].locator


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), "2:1-0"),
        (("kind",), "2:7-12"),
        (("metadata",), "3:1-9"),
        (("metadata", "labels"), "5:3-9"),
        (("metadata", "labels", "a"), "5:15-20"),
        (("metadata", "labels", "ä"), "5:25-26"),
        (("spec", "intents", 0), "8:7-0"),
        (("spec", "intents", 0, "ttl"), "9:12-15"),
        (("spec", "intents", 1), "10:7-19"),
        (("spec", "empty"), "11:9-9"),
        (("spec", "folded"), "12:11-0"),
        (("spec", "intents", 0, "nothing"), "8:7-0"),
        (("spec", "intents", 7), "7:3-10"),
        (("spec", "nothing", "at", "all"), "6:1-5"),
        (("spec", "intents", 1, "name"), "10:7-19"),
    ],
)
def test_where_a_value_stands(path: tuple[str | int, ...], place: str) -> None:
    span = locator().span(path)
    assert f"{span.line}:{span.column}-{span.end_column}" == place


def test_where_a_key_stands() -> None:
    assert locator().key_span(("spec", "intents", 0, "ttl")) == SourceSpan("f.yaml", 9, 7, 10)
    assert locator().key_span(("spec", "intents", 1)) == SourceSpan("f.yaml", 10, 7, 19)


def test_positions_of_a_large_document_are_those_of_a_small_one() -> None:
    rows = "".join(f"  - {{name: n{number}, list: [a, {{b: c{number}}}]}}\n" for number in range(300))
    found = locator("spec:\n" + rows)
    for number in (0, 1, 150, 299):
        column = rows.split("\n")[number].index(f"c{number}") + 1
        assert found.span(("spec", number, "list", 1, "b"))[1:3] == (2 + number, column)


def test_every_scalar_is_text() -> None:
    text = "a: 012\nb: 1_0\nc: yes\nd: 1.10\ne: 2026-01-01\nf: 1:30\ng: .inf\nh: 0x1F\nNO: NO\n1: '~'\n"
    data = load_bytes(text.encode(), "f.yaml").documents[0].data
    assert data == {
        "a": "012", "b": "1_0", "c": "yes", "d": "1.10", "e": "2026-01-01", "f": "1:30", "g": ".inf", "h": "0x1F",
        "NO": "NO", "1": "~",
    }  # fmt: skip


def test_null_is_nothing() -> None:
    assert load_bytes(b"a: ~\nb: null\nc:\nd: 'null'\n", "f").documents[0].data == {
        "a": "",
        "b": "",
        "c": "",
        "d": "null",
    }


def test_several_documents_keep_their_lines() -> None:
    loaded = load_bytes(b"# x\n---\na: b\n...\n# y\n---\n\nc: d\n--- # z\n{e: f}\n---\n", "f.yaml")
    assert [(d.data, d.locator.span(()).line) for d in loaded.documents] == [
        ({"a": "b"}, 3),
        ({"c": "d"}, 8),
        ({"e": "f"}, 10),
    ]
    assert loaded.diagnostics == ()


def test_a_marker_within_a_text_is_none() -> None:
    data = load_bytes(b"a: |\n  ---\n  x\nb: '--- y'\nc: --- z\n", "f").documents[0].data
    assert data == {"a": "---\nx\n", "b": "--- y", "c": "--- z"}


def test_the_collector_is_left_as_it_was() -> None:
    load(["nowhere"])
    assert gc.isenabled()
    gc.disable()
    try:
        load(["nowhere"])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_without_libyaml_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, codes and positions; the words of syntax errors are each parser's own.

    PyYAML's own parser takes a ? within [ ] or { } for an error, and half a surrogate pair for a character.
    """
    files = [(name, key, data) for name, inputs in _INPUTS for key, data in inputs.items() if len(data) < 30000]
    files = [(name, key, data) for name, key, data in files if b"/?a=b" not in data and b"ud83d" not in data]
    fast = [load_bytes(data, key) for _, key, data in files]
    monkeypatch.delattr(yaml, "CLoader")
    for (name, key, data), other in zip(files, fast, strict=True):
        slow = load_bytes(data, key)
        assert [d.data for d in slow.documents if d.complete] == [d.data for d in other.documents if d.complete], name
        assert [d.code for d in slow.diagnostics] == [d.code for d in other.diagnostics], name
        if not any(d.code == "W009" for d in slow.diagnostics):
            assert slow.diagnostics == other.diagnostics, name


def test_lines_with_secrets_are_not_given_out() -> None:
    text = 'a: hvs.CAESIJabcdefgh\nb: "hv\\x73.CAESIJabcdefgh"\nc: https://u:hunter2@x/\npassword: hunter2\nd: plain\n'
    text += "e: |\n  -----BEGIN PRIVATE KEY-----\n  MIIEabc\n  -----END PRIVATE KEY-----\nf: x\n"
    sources = load_bytes(text.encode(), "f").sources
    shown = [sources.source_line(SourceSpan("f", line, 1)) for line in range(1, 12)]
    assert shown == [None, None, None, "password: …", "d: plain", "e: |", None, None, None, "f: x", None]
    assert sources.source_line(SourceSpan("g", 1, 1)) is None


_AGENT = b"apiVersion: writ/v1\nkind: Agent\nmetadata: {name: a}\nspec: "
BOMBS = {
    "flow lists": b"[" * 200_000,
    "flow mappings": b"{" * 200_000,
    "block lists": b"- " * 200_000,
    "explicit keys": b"? " * 200_000,
    "keys": b"a: " * 200_000,
    "anchors": b"&a " * 200_000,
    "aliases": b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*x," * 50) for n in range(2000)),
    "tags": b"!a " * 200_000,
    "quotes": b'"' * 400_001,
    "escapes": b'a: "' + b"\\u202e" * 100_000 + b'"',
    "one word": b"x" * 900_000,
    "one key": b"x" * 900_000 + b": y",
    "separators": b"---\n" * 200_000,
    "dashes": b"-" * 900_000,
    "comments": b"#\n" * 450_000,
    "forbidden": "\u202e".encode() * 300_000,
    "returns": b"\r" * 900_000,
    "tabs": b"\t" * 900_000,
    "indicators": b"- a: ? b: - c: |\n" * 20_000,
    "repeated keys": b"a: b\n" * 150_000,
    "keys of all sorts": b"".join(b"k%d: v\n" % n for n in range(60_000)),
    "wrong items": _AGENT + b"{intents: [" + b"{}," * 30_000 + b"]}",
    "unknown fields": _AGENT + b"{" + b"".join(b"f%d: x," % n for n in range(40_000)) + b"}",
    "undeclared": _AGENT
    + b"{owner: a, purpose: b, identity: {issuer: c, subject: d}, intents: ["
    + b"".join(b"i%d," % n for n in range(40_000))
    + b"]}",
    "small documents": b"--- a\n" * 200_000,
    "agents without fields": (_AGENT + b"{}\n---\n") * 19_000,
    "urls": b"a: " + b"http://" * 100_000,
    "login-like": b"a: " + b"x://aaaaaaaa" * 70_000,
    "token-like": b"a: " + b"eyJaaaaaaaaaa." * 60_000,
    "key-like": b"a: " + b"-----BEGIN " * 80_000,
}


_RUN = """
import json, pathlib, re, sys, time
from specs import read
costs = {}
for path in sys.argv[1:]:
    started = time.process_time()
    found = read([path])
    for one in found.diagnostics:
        one.span and found.sources.source_line(one.span)
    costs[path] = len(found.diagnostics), time.process_time() - started
# Not ru_maxrss: it begins with what the process had before it became this program (getrusage(2)).
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) // 1024
print(json.dumps([costs, peak]))
"""


def test_bombs_cost_little(tmp_path: Path) -> None:
    for name, bomb in BOMBS.items():
        (tmp_path / name).with_suffix(".yaml").write_bytes(bomb)
    paths = sorted(map(str, tmp_path.iterdir()))
    command = [sys.executable, "-c", _RUN, *paths]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    costs, megabytes = json.loads(done.stdout)
    assert len(costs) == len(BOMBS)
    for path, (count, seconds) in costs.items():
        assert 0 < count <= 101, path
        assert seconds < 2, path  # a second on a quiet machine
    assert megabytes < 256, costs


@pytest.mark.parametrize(
    "text",
    [
        "\u200b" * 25 + "\n" + "---\n#xxxxxx\n" * 160_000,
        "---\n" * 2_000_000,
        "---\n# x\n" * 200_000,
    ],
    ids=["forbidden", "markers", "comments"],
)
def test_documents_that_hold_nothing_cost_little(text: str) -> None:
    started = time.process_time()
    loaded = load_bytes(text.encode(), "f.yaml")
    assert time.process_time() - started < 2  # a quarter of it on a quiet machine
    assert loaded.opaque
    assert {"W004", "W006"} & {one.code for one in loaded.diagnostics}


def test_what_comes_after_many_forbidden_characters_is_not_read() -> None:
    text = "kind: a\n---\n" + "\u200b" * 25 + "\n---\nkind: b\n"
    assert [one.kind for one in load_bytes(text.encode(), "f.yaml").documents] == ["a"]


def test_what_json_dumps_writes_is_read() -> None:
    told = {"kind": "x", "a": "\N{GRINNING FACE}\u00e4\\ud83d", "b": ["\U0010ffff", 1e5, -2, True, None], "c/": "\t"}
    for indent in (None, "\t", 2):
        loaded = load_bytes(json.dumps(told, indent=indent).encode(), "f.json")
        assert loaded.diagnostics == ()
        data = loaded.documents[0].data
        assert (data["a"], data["b"][0]) == (told["a"], "\U0010ffff")
    text = '{"a": "\\ud83d\\ude00", "b": {}, "b": 1}'
    assert [str(one.span) for one in load_bytes(text.encode(), "f.json").diagnostics] == ["f.json:1:32"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{'a': 1}", "1:2", "property name"),
        ('{"a": 1} # x', "1:10", "something follows"),
        ('{"a": 1,\n}', "", ""),
        ('{"a": 1}\n---\n{"a": 2}', "2:1", "something follows"),
        ('{"a": b}', "1:7", "expecting value"),
        ('{"a": "x\ty"}', "1:9", "invalid control character"),
    ],
)
def test_json_files_hold_json(text: str, place: str, message: str) -> None:
    (found,) = load_bytes(text.encode(), "f.json").diagnostics
    assert found.code == "W019"
    assert place in str(found.span)
    assert message in found.message
    assert found.help


@pytest.mark.parametrize("text", ['a: "\\q"', 'a: "\\ud83d"', 'a: "\\xzz"', "a: [b::]", "{a: b: c}", "[a: b: c]"])
def test_syntax_errors_say_a_way_out(text: str) -> None:
    assert all(one.help for one in load_bytes(text.encode(), "f").diagnostics)


def test_thousands_of_findings_cost_no_more_than_are_read() -> None:
    names = ", ".join(f"i{at}" for at in range(60_000))
    identity = "{issuer: c, subject: s}"
    text = f"{_HEAD}spec: {{owner: t@example.com, purpose: x, identity: {identity}, intents: [{names}]}}\n"
    started = time.process_time()
    found = read(["-"], stdin=BytesIO(text.encode()))
    assert time.process_time() - started < 2  # a quarter of it on a quiet machine
    assert len(found.diagnostics) == 101
    assert found.diagnostics[-1].message == "and at least 900 more"


def test_warnings_hide_no_error() -> None:
    agents = [
        f"{_HEAD.replace('name: a', f'name: a{at}')}spec: {{owner: t@example.com, purpose: x, review_by: 2020-01-01, "
        f"identity: {{issuer: c, subject: s{at}}}, intents: {'[x]' if at == 1500 else '[]'}}}\n"
        for at in range(1501)
    ]
    found = read(["-"], stdin=BytesIO("---\n".join(agents).encode()))
    assert has_errors(found.diagnostics)


_HEAD = "apiVersion: writ/v1\nkind: Agent\nmetadata: {name: a}\n"
