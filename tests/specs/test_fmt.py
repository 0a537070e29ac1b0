"""Formatting: fields in order, comments kept, the meaning never changed, and once is enough."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from specs.fmt import Refused, format_bytes, format_text
from specs.loader import load_bytes
from tests.specs.bad_input import _INPUTS, BASE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/specs/**/*.yaml"))

MESSY = """\
# Licence: any

# the bot
kind:   Agent   # one of four
metadata: {name: "bot",labels: {b: 1,   a: 2}}
spec:   # all of it

      # who may do what
      intents:
      -   ttl: 10m   # shorter

          name: orders.read

          # the last of these
      # and also
      - orders.write # everybody's


      delegates:
          - {to: other, # who
             intents: [a]}
      purpose: >-
           Answers
             questions

           of customers
      identity: {subject: 'a ''quoted'' one', issuer: cluster}
      owner: "team
        support"
# the end of the bot
apiVersion: writ/v1
--- # next
{apiVersion: writ/v1, kind: Guardrail, metadata: {name: g}, spec: {max_ttl: {high: 15m, low: 8h}, never: []}}
...
"""

NEAT = """\
# Licence: any

# the end of the bot
apiVersion: writ/v1
# the bot
kind: Agent  # one of four
metadata: {name: "bot", labels: {b: 1, a: 2}}
spec:  # all of it
  owner: "team
    support"
  purpose: >-
    Answers
      questions

    of customers
  identity: {issuer: cluster, subject: 'a ''quoted'' one'}

  # who may do what
  intents:
    - name: orders.read
      ttl: 10m  # shorter

      # the last of these
    # and also
    - orders.write  # everybody's

  delegates:
    - to: other  # who
      intents: [a]
---
# next
apiVersion: writ/v1
kind: Guardrail
metadata: {name: g}
spec: {max_ttl: {low: 8h, high: 15m}, never: []}
"""


def data(text: str) -> list[object]:
    return [document.data for document in load_bytes(text.encode(), "f").documents]


def comments(text: str) -> list[str]:
    return sorted(line[line.index("# ") :].strip() for line in text.splitlines() if "# " in line)


def test_a_messy_text_becomes_neat() -> None:
    assert format_text(MESSY) == NEAT


def test_once_is_enough() -> None:
    assert format_text(format_text(MESSY)) == format_text(MESSY)


def test_meaning_and_comments_stay() -> None:
    assert data(format_text(MESSY)) == data(MESSY)
    assert comments(format_text(MESSY)) == comments(MESSY)


@pytest.mark.parametrize(
    ("text", "neat"),
    [
        ("", ""),
        ("# only\n\n# comments", "# only\n\n# comments\n"),
        ("a:   b\r\nc: d\r\n", "a: b\nc: d\n"),
        ("\ufeffa: b", "a: b\n"),
        ("a:\n- b\n-   - c\n    - d\n", "a:\n  - b\n  - - c\n    - d\n"),
        ("a:\nb: ''\n", "a:\nb: ''\n"),
        ("a: {}\nb: [ ]\n", "a: {}\nb: []\n"),
        ("a: |2\n    x\n   y\n", "a: |2\n    x\n   y\n"),
        ("a: |+\n  x\n\nb: c\n", "a: |+\n  x\n\nb: c\n"),
        ("a: | # why\n      x\n", "a: | # why\n  x\n"),
        ("- |\n  x\n- y\n", "- |\n  x\n- y\n"),
        ("a: x\n  y\n\n  z\n", "a: x\n  y\n\n  z\n"),
        ("a: [b, # c\n  d]\n", "a:\n  - b  # c\n  - d\n"),
        ("a: 'it''s # no comment'\n", "a: 'it''s # no comment'\n"),
        ("a: b#c\n", "a: b#c\n"),
        ("-\n  a: b\n", "- a: b\n"),
        ("- # about a\n  a: b\n", "# about a\n- a: b\n"),
        ("[a: b, c]\n", "- {a: b}\n- c\n"),
        ("? a\n: b\n", "a: b\n"),
        ("a: [" + ", ".join(["x" * 20] * 6) + "]\n", "a:\n" + f"  - {'x' * 20}\n" * 6),
        ("a: b\n---\n---\nc: d\n", "a: b\n---\nc: d\n"),
    ],
)
def test_layout(text: str, neat: str) -> None:
    assert format_text(text) == neat
    assert format_text(neat) == neat


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(path.parents[3])))
def test_examples(path: Path) -> None:
    made = format_bytes(path.read_bytes(), str(path))
    assert format_text(made) == made
    assert data(made) == data(path.read_text())
    assert comments(made) == comments(path.read_text())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 4


@pytest.mark.parametrize("text", ["a: [", "a: &x b", "a: b\na: c\n", "a: \u202e", "a: !x b", "a: hvs.CAESIJabcdefgh"])
def test_a_text_with_errors_is_left_alone(text: str) -> None:
    with pytest.raises(Refused) as caught:
        format_text(text)
    assert caught.value.diagnostics


def test_field_errors_do_not_matter() -> None:
    assert format_text("kind: Agent\napiVersion: x\nspec: {ttl: 1w}\n").startswith("apiVersion: x\n")


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        format_text("a: b\n? |\n  x\n  y\n: c\n")
    assert [(one.code, one.span and one.span.line) for one in caught.value.diagnostics] == [("W024", 2)]


@pytest.mark.parametrize(
    "text", ["a: b\nkind1: |+\n    more", "a: b\nc: |\n  more", "---\na: [x]\n---\na: b\nx: >\n  y"]
)
def test_what_would_change_is_pointed_at(text: str) -> None:
    with pytest.raises(Refused) as caught:
        format_text(text)
    [found] = caught.value.diagnostics
    lines = text.splitlines()
    assert found.span is not None
    assert (found.code, found.span.line) == ("W024", len(lines) - 1)
    assert lines[found.span.line - 1][found.span.column - 1] in "|>"


def test_json_is_left_alone() -> None:
    assert format_bytes(b'{"b": 1,\n"a": 2}', "x.json") == '{"b": 1,\n"a": 2}'


def sound(text: str) -> bool:
    return not any(
        one.severity == "error" for one in load_bytes(text.encode("utf-8", "surrogatepass"), "f").diagnostics
    )


def holds(text: str) -> None:
    try:
        made = format_text(text)
    except Refused:
        return
    assert format_text(made) == made
    assert data(made) == data(text)


@pytest.mark.parametrize("number", range(len(_INPUTS)))
def test_bad_input_is_formatted_or_refused(number: int) -> None:
    for text in _INPUTS[number][1].values():
        if len(text) < 100_000:
            try:
                format_bytes(text)
            except Refused:
                continue


PLAIN = st.text(alphabet="abc :#-?,'\"|>~é\n", min_size=0, max_size=12)
VALUES = st.recursive(
    PLAIN | st.sampled_from(["yes", "1.10", "null", "~", "012"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcz", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def written(value: object, chooser: random.Random, indent: int) -> str:
    """A value as YAML in a style by chance, with comments and blank lines by chance."""
    pad = " " * indent
    note = chooser.choice(["", "", "  # note"])
    gap = chooser.choice(["", "", "\n", f"{pad}# above\n", f"\n{pad}# above\n\n"])
    if isinstance(value, dict) and value:
        if chooser.random() < 0.3:
            return " {" + ", ".join(f"{k}: {flat(v, chooser)}" for k, v in value.items()) + f"}}{note}\n"
        step = chooser.choice([1, 2, 4])
        return f"{note}\n" + "".join(f"{gap}{pad}{k}:{written(v, chooser, indent + step)}" for k, v in value.items())
    if isinstance(value, list) and value:
        if chooser.random() < 0.3:
            return " [" + ", ".join(flat(one, chooser) for one in value) + f"]{note}\n"
        return f"{note}\n" + "".join(f"{gap}{pad}-{written(one, chooser, indent + 2)}" for one in value)
    if isinstance(value, str) and value.strip() == value and "\n" in value and chooser.random() < 0.5:
        return " |-\n" + "".join(f"{pad}{line}\n" if line else "\n" for line in value.split("\n"))
    return f" {flat(value, chooser)}{note}\n"


def flat(value: object, chooser: random.Random) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flat(one, chooser)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flat(one, chooser) for one in value) + "]"
    text = str(value)
    if text.isalnum() and text.isascii():
        return text
    if "\n" in text or chooser.random() < 0.5:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return "'" + text.replace("'", "''") + "'"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["apiVersion", "kind", "spec", "metadata", "x"]), VALUES, min_size=1),
    st.integers(0, 9999),
)
def test_any_layout_of_any_data(value: dict[str, object], seed: int) -> None:
    text = written(value, random.Random(seed), 0).removeprefix("\n").removeprefix("  # note\n")
    if not sound(text):
        return
    made = format_text(text)
    assert format_text(made) == made
    assert data(made) == data(text)
    assert made.count("# note") + made.count("# above") == text.count("# note") + text.count("# above")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab:-#{}[],?|>'\" \n", max_size=40))
@example(" ---")
@example("#\n>")
@example("a: - b\n")
@example("- - # x\n    a: b")
def test_any_text_is_formatted_or_refused(text: str) -> None:
    holds(text)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutations_of_specs(draw: st.DataObject) -> None:
    text = draw.draw(st.sampled_from([MESSY, BASE]))
    at = draw.draw(st.integers(0, len(text)))
    gone = draw.draw(st.integers(0, 5))
    holds(text[:at] + draw.draw(st.text(alphabet="ab:-#{}[],?|>'\" \n", max_size=4)) + text[at + gone :])


@pytest.mark.parametrize(
    "text",
    [
        "#\n" * 250_000,
        "a:\n" + "  # x\n" * 80_000 + "  b: 1\n",
        "a:\n" + "  - 1\n\n" * 30_000,
        "a: [\n" + "1, # x\n" * 30_000 + "1]\n",
        "".join(f"k{at}: 1 # c\n" for at in range(25_000)),
    ],
    ids=["comments", "comments inside", "list", "flow", "entries"],
)
def test_time_grows_with_the_text_only(text: str) -> None:
    began = time.process_time()
    format_text(text)
    assert time.process_time() - began < 10
