"""Tags and durations."""

from __future__ import annotations

import pytest

from providers.aws.naming import duration_text
from providers.aws.tags import from_tags, tag_changes


def test_awss_own_tags_are_not_ours_to_change() -> None:
    found = [{"Key": "aws:cloudformation:stack-name", "Value": "s"}, {"Key": "a", "Value": "b"}]
    assert from_tags(found) == {"a": "b"}


def test_changes() -> None:
    assert tag_changes({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}) == ({"b": "9", "d": "4"}, ["c"])


@pytest.mark.parametrize(("seconds", "text"), [(900, "15m"), (5400, "1h30m"), (90, "1m30s"), (43200, "12h"), (0, "0s")])
def test_durations(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text
