"""ARNs of what nobody spells: whoever comes to one comes to whatever is there.

Concrete but for nothing: a star would stand for colons and slashes, too, and meet what is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from types import MappingProxyType

from providers.aws.settings import AwsSettings

UNNAMED = "writ-unnamed-7f3a"
PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "any secret": ("secretsmanager", f"{{region}}:{{account}}:secret:{UNNAMED}"),
        "any parameter": ("ssm", f"{{region}}:{{account}}:parameter/{UNNAMED}"),
        "any object": ("s3", f"::{UNNAMED}/terraform.tfstate"),
        "any user": ("rds-db", f"{{region}}:{{account}}:dbuser:{{database}}/{UNNAMED}"),
        "any key": ("kms", f"{{region}}:{{account}}:key/{UNNAMED}"),
        "any table": ("dynamodb", f"{{region}}:{{account}}:table/{UNNAMED}"),
    }
)
"""Service and the rest of an ARN, by what they are, for people (Service Authorization Reference: resource types)."""
_REGION, _DATABASE = "us-east-1", "db-writ-unnamed"
_DATABASES = re.compile(r'dbuser:([^/":]+)/')


def places(settings: AwsSettings, names: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """In each region, and each database, that one of the policies spells, and in another one."""
    found: dict[str, None] = {}
    every = tuple(texts)
    for name in names:
        service, rest = PLACES[name]
        regions = {_REGION, *(one for text in every for one in _spelled(text, _of(service)))}
        databases = {_DATABASE, *(one for text in every for one in _spelled(text, _DATABASES))}
        for region, database in product(sorted(regions), sorted(databases) if "{database}" in rest else ("",)):
            filled = rest.format(region=region, account=settings.account, database=database)
            found[f"arn:{settings.partition}:{service}:{filled}"] = None
    return tuple(found)


@lru_cache(maxsize=64)
def _of(service: str) -> re.Pattern[str]:
    return re.compile(rf'arn:[^:"]*:{service}:([^:"]+):')


@lru_cache(maxsize=32_768)
def _spelled(text: str, form: re.Pattern[str]) -> frozenset[str]:
    """What is written there, with a letter for each wildcard."""
    return frozenset(re.sub(r"[*?]", "x", one) for one in form.findall(text) if "$" not in one)
