"""Documents as text: whatever a name holds, it is read back as it was, in the layout of `writ fmt`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.fmt import Refused, format_text
from specs.loader import load_bytes
from specs.writing import document_text

HOSTILE = [
    "O'Brien \"x\": [a, {b}] # no comment",
    "- item", "? key", "! tag", "&anchor", "*alias", "| block", "> folded", "%dir", "@at", "`tick`", "{{name}}",
    "---", "...", "null", "~", "true", "no", "0x1f", "1e3", "2027-03-31", ": ", "a: b", "a #b", "", " ", " led", "led ",
    "é ✓ 漢字", "\t", "back\\slash", "x" * 4000,
]  # fmt: skip


def _agent(text: str) -> dict[str, object]:
    identity = {"issuer": "cluster", "subject": text}
    intents = [{"name": "orders.read", "names": {"payments": {"role": text, "tags": {"team": text}}}}]
    spec = {"owner": text, "purpose": text, "identity": identity, "intents": intents}
    return {"apiVersion": "writ/v1", "kind": "Agent", "metadata": {"name": "bot"}, "spec": spec}


def _comes_back(text: str) -> None:
    try:
        written = document_text(_agent(text))
    except Refused:
        return  # told of, and never written
    (document,) = load_bytes(written.encode(), "written").documents
    assert document.data == _agent(text)
    assert format_text(written) == written


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_one_text(text: str) -> None:
    document_text(_agent(text))
    _comes_back(text)


@given(st.text(max_size=60))
def test_any_text_comes_back_or_is_refused(text: str) -> None:
    _comes_back(text)


def test_a_control_character_is_refused_and_not_written() -> None:
    with pytest.raises(Refused):
        document_text(_agent("a\x1b[2J"))


def test_it_reads_as_a_person_writes() -> None:
    path = {"path": "kv/data/orders/*", "capabilities": ["read"]}
    spec = {"purpose": "Look up an order", "access": [{"system": "vault", "paths": [path]}]}
    data = {"apiVersion": "writ/v1", "kind": "Intent", "metadata": {"name": "orders.read"}, "spec": spec}
    assert document_text(data).splitlines() == [
        "apiVersion: writ/v1",
        "kind: Intent",
        "metadata: {name: orders.read}",
        "spec:",
        "  purpose: Look up an order",
        "  access:",
        "    - {system: vault, paths: [{path: kv/data/orders/*, capabilities: [read]}]}",
    ]
