"""Forms of access that are wide."""

from __future__ import annotations

import pytest

from providers.vault.access import VaultAccess
from providers.vault.widths import wide


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("kv/*", True),
        ("kv/data/*", True),
        ("kv/+/*", True),
        ("kv/data*", True),
        ("kv/dat*", True),
        ("kv/d*", True),
        ("kv/metadata*", True),
        ("kv/data/+", True),
        ("kv/+/+", True),
        ("kv/data/+/x", False),
        ("kv", False),
        ("kv/data", False),
        ("kv/data/app/*", False),
        ("kv/data/a*", False),
        ("kv/app*", False),
        ("kv/data/app", False),
    ],
)
def test_a_whole_mount(path: str, whole: bool) -> None:
    access = VaultAccess.model_validate({"paths": [{"path": path, "capabilities": ["read"]}]})
    assert ("whole-mount" in {one.width for one in wide(access)}) is whole
