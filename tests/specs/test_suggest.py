"""What is suggested in place of a name that isn't known: only what somebody may have meant."""

from __future__ import annotations

import pytest

from specs.suggest import Hints, closest, hint


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("orders.reed", "orders.read", "orders.read"),
        ("public.order", "public.orders", "public.orders"),
        ("pulic.orders", "public.orders", "public.orders"),
        ("kv.yml", "kv.yaml", "kv.yaml"),
        ("tlt", "ttl", "ttl"),
        ("nope.yaml", "up.YAML", None),
        ("public.part1", "public.v1", None),
    ],
)
def test_names_are_near_in_what_tells_them_apart(word: str, known: str, found: str | None) -> None:
    assert closest(word, [known]) == found


def test_among_many_names_some_are_told() -> None:
    known = [f"intent{n}" for n in range(10, 40)]
    told = "declared: intent10, intent11, intent12, intent13, intent14, intent15, intent16, intent17 and 22 more"
    assert hint("x", known, "declared") == told
    hints = Hints(known)
    assert {hints.of(f"zzz{n}") for n in range(200)} == {told}
