"""Nothing that can be put into a file makes reading it fail otherwise than by a Diagnostic."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from specs.assemble import assemble
from specs.check import check
from specs.codes import CODES
from specs.duration import MAXIMUM
from specs.loader import Loaded, load_bytes
from tests.specs.bad_input import AGENT, BASE

TODAY = date(2026, 1, 1)
PIECES = [*"ab01 :-#{}[],?&*!|>'\"%@`\n\t\\~<.", "\u202e", "\ufeff", "\r", "---\n", "...\n", "a: ", "- "]
YAML = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def read(data: bytes, name: str = "f.yaml") -> Loaded:
    loaded = load_bytes(data, name)
    catalog, failed, problems = assemble(loaded)
    found = [*loaded.diagnostics, *problems, *check(catalog, failed, TODAY)]
    for one in found:
        assert one.code in CODES
        assert "\n" not in one.message + one.help + one.subject
        if one.span is not None:
            assert one.span.line >= 1
            assert one.span.column >= 1
            loaded.sources.source_line(one.span)
    for document in loaded.documents:
        walk(document.data, document.locator, ())
    return loaded


def walk(value: object, locator: object, path: tuple[str | int, ...]) -> None:
    span = locator.span(path)  # type: ignore[attr-defined]
    assert span.line >= 1
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, child in children:
        walk(child, locator, (*path, part))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfea\0")
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
def test_any_bytes(data: bytes) -> None:
    read(data)


@settings(max_examples=150, deadline=None)
@given(YAML)
@example("? \n: \n")
@example("{? a, ? b}")
@example("--- a\n--- b\n...\n...\n")
def test_any_text(text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))
    read(text.encode("utf-8", "surrogatepass"), "f.json")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(BASE + AGENT)), st.integers(0, 30), YAML)
def test_any_damage_to_specs(at: int, gone: int, put: str) -> None:
    text = f"{BASE}---\n{AGENT}"
    read((text[:at] + put[:10] + text[at + gone :]).encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS = [
    "owner",
    "purpose",
    "review_by",
    "identity",
    "intents",
    "delegates",
    "ttl",
    "risk",
    "data",
    "access",
    "issuers",
    "systems",
    "max_ttl",
    "never",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["Agent", "Intent", "Environment", "Guardrail"]), st.dictionaries(st.sampled_from(FIELDS), VALUES)
)
def test_any_value_in_any_field(kind: str, spec: dict[str, object]) -> None:
    document = {"apiVersion": "writ/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    read(json.dumps(document).encode())


@given(st.integers(1, MAXIMUM // 3600))
def test_ttls_of_any_length(hours: int) -> None:
    loaded = read(f"{BASE.replace('ttl: 15m', f'ttl: {hours}h')}---\n{AGENT}".encode())
    catalog, failed, problems = assemble(loaded)
    assert problems == ()
    assert catalog.intents["orders.read"].value.spec.ttl == hours * 3600
    assert list(check(catalog, failed, TODAY)) == []
