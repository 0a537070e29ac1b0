"""What is there, as facts that another run can be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, str]
"""Everything by a name that is the same in every run, as canonical JSON."""

_VOLATILE = frozenset(
    {
        *("accessor", "id", "uuid", "creation_time", "modified", "last_update_time", "last_updated_time"),
        *("entity_id", "canonical_id", "mount_accessor", "merged_from_canonical_ids"),
        *("RoleId", "CreateDate", "UpdateDate", "RoleLastUsed", "ResponseMetadata", "request_id", "version"),
        "password_last_changed",
    }
)
"""Fields that another run gives another value, and that no access hangs on."""


def text(found: Any) -> str:
    """As canonical JSON, without what another run gives another value."""
    return json.dumps(_stable(found), sort_keys=True, default=str)


def _stable(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _stable(value) for key, value in found.items() if key not in _VOLATILE}
    return [_stable(one) for one in found] if isinstance(found, list) else found
