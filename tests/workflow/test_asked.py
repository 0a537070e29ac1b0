"""A request is asked about in words, or as a plan shows it."""

from __future__ import annotations

import pytest

from reconciler.workflow.explain import as_asked


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("SELECT on public.orders",), ("SELECT", "public.orders")),
        (("SELECT", "on", "public.orders"), ("SELECT", "public.orders")),
        (("UPDATE (total) on public.orders",), ("UPDATE", "public.orders", "total")),
        (("UPDATE", "(total)", "on", "public.orders"), ("UPDATE", "public.orders", "total")),
        (("SELECT", "public.orders", "total"), ("SELECT", "public.orders", "total")),
        (("list kv/data/orders/",), ("list", "kv/data/orders/")),
        (("s3:GetObject on arn:aws:s3:::orders/a b",), ("s3:GetObject", "arn:aws:s3:::orders/a b")),
        (("s3:ListAllMyBuckets",), ("s3:ListAllMyBuckets",)),
        (("s3:GetObject", "arn:aws:s3:::orders/x", "aws:k=on"), ("s3:GetObject", "arn:aws:s3:::orders/x", "aws:k=on")),
    ],
)
def test_a_witness_can_be_asked_again(words: tuple[str, ...], asked: tuple[str, ...]) -> None:
    assert as_asked(words) == asked
