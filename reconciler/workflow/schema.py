"""`schema`: the language's JSON Schema, with what every installed provider adds."""

from __future__ import annotations

from typing import Any

from reconciler import registry
from specs.schema import ProviderModels, schema


def spec_schema() -> dict[str, Any]:
    """Draft 2020-12, all kinds in one."""
    return schema({name: _models(name) for name in registry.names()})


def _models(name: str) -> ProviderModels:
    provider = registry.load(name)
    return ProviderModels(provider.settings_model, provider.access_model, provider.never_model)
