"""JSON Schema (draft 2020-12) of the documents, for editors. The loader is stricter; it never accepts less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specs.base import SpecModel
from specs.documents import API_VERSION, KINDS
from specs.duration import PATTERN

SCHEMA_ID = "urn:writ:v1"
_SAMPLES = {"number": ("1", "123456789012"), "boolean": ("true",), "null": ("",)}
_NOT_ZERO = "(?=.*[1-9])"
_DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


@dataclass(frozen=True, slots=True)
class ProviderModels:
    """What a provider adds to the language."""

    settings: type[SpecModel]
    """``systems.<name>`` without ``provider``."""
    access: type[SpecModel]
    """An item of ``access`` without ``system``."""
    never: type[SpecModel]
    """An item of ``never`` without ``system``."""


def schema(extra: Mapping[str, ProviderModels] | None = None) -> dict[str, Any]:
    """One schema for all kinds; ``extra`` by installed provider, no other being known. Without it, all that is free."""
    definitions: dict[str, Any] = {}
    for kind, model in KINDS.items():
        _define(definitions, model, "", kind)
    for name, models in (extra or {}).items():
        _define(definitions, models.settings, f"{name}.settings.", "root")
        _define(definitions, models.access, f"{name}.access.", "root")
        _define(definitions, models.never, f"{name}.never.", "root")
    if extra:
        _merge_systems(definitions, sorted(extra))
        _merge_blocks(definitions, "Access", [f"{name}.access.root" for name in sorted(extra)])
        for kind in ("Never", "Critical"):
            _merge_blocks(definitions, kind, [f"{name}.never.root" for name in sorted(extra)])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Writ",
        "description": "Environment, Intent, Agent, Guardrail and Retirement documents.",
        "type": "object",
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"enum": list(KINDS)}},
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "allOf": [_branch("kind", kind, kind) for kind in KINDS],
        "$defs": definitions,
    }


def _define(definitions: dict[str, Any], model: type[SpecModel], prefix: str, name: str) -> None:
    """Add a model and all that it refers to, each under the prefix."""
    made = model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{prefix}{{model}}")
    for inner, definition in made.pop("$defs", {}).items():
        definitions[f"{prefix}{inner}"] = _lenient(definition)
    definitions[f"{prefix}{name}"] = _lenient(made)


def _branch(key: str, value: str, definition: str) -> dict[str, Any]:
    return {
        "if": {"properties": {key: {"const": value}}, "required": [key]},
        "then": {"$ref": f"#/$defs/{definition}"},
    }


def _merge_systems(definitions: dict[str, Any], providers: list[str]) -> None:
    system = definitions["System"]
    known = system["properties"]["provider"]
    system["properties"]["provider"] = {"description": known["description"], "title": known["title"], "enum": providers}
    for name in providers:
        _admit(definitions, f"{name}.settings.root", "provider")
    system["allOf"] = [_branch("provider", name, f"{name}.settings.root") for name in providers]


def _merge_blocks(definitions: dict[str, Any], name: str, blocks: list[str]) -> None:
    """A block's system may be any provider's, as another document says, so any of their fields will do."""
    for block in blocks:
        _admit(definitions, block, "system")
    definitions[name]["anyOf"] = [{"$ref": f"#/$defs/{block}"} for block in blocks]


def _admit(definitions: dict[str, Any], name: str, field: str) -> None:
    """Let a provider's model stand beside the language's own field, which is described elsewhere."""
    for one in _objects(definitions, name):
        one.setdefault("properties", {})[field] = True


def _objects(definitions: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A definition, or the members of the union that it is."""
    found = definitions[name]
    members = [one for key in ("anyOf", "oneOf") for one in found.get(key, ())]
    if not members or "properties" in found:
        return [found]
    references = [str(one["$ref"]).removeprefix("#/$defs/") for one in members if "$ref" in one]
    plain = [one for one in members if "$ref" not in one]
    return [*plain, *(inner for reference in references for inner in _objects(definitions, reference))]


def _lenient(node: Any) -> Any:
    """Editors type YAML's scalars where Writ reads text, and know a null that Writ doesn't."""
    if isinstance(node, list):
        return [_lenient(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _lenient(value) for key, value in node.items() if not (key == "default" and value is None)}
    if made.get("pattern") == PATTERN:
        made["pattern"] = PATTERN.replace("^", f"^{_NOT_ZERO}", 1)
    if made.get("format") == "date":
        made["pattern"] = _DATE  # editors check no format unless told to
    if made.get("type") == "string":
        made["type"] = _editors_types(made)
    elif made.get("type") == "integer":
        made = {"anyOf": [made, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]}
    elif made.get("type") == "boolean":
        made = {"anyOf": [made, {"enum": ["true", "false"]}]}
    return _without_null(made)


def _editors_types(text: dict[str, Any]) -> str | list[str]:
    """What an editor may take a plain scalar for that Writ reads as this text: 123 where digits will do."""
    if not {"enum", "const", "format"}.isdisjoint(text):
        return "string"
    pattern = re.compile(text.get("pattern", ""))
    shortest = text.get("minLength", 0)
    types = [
        sort
        for sort, samples in _SAMPLES.items()
        if any(len(sample) >= shortest and pattern.search(sample) for sample in samples)
    ]
    return ["string", *types] if types else "string"


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    members = node.get("anyOf")
    if not isinstance(members, list) or {"type": "null"} not in members:
        return node
    rest = [one for one in members if one != {"type": "null"}]
    outer = {key: value for key, value in node.items() if key != "anyOf"}
    return {**rest[0], **outer} if len(rest) == 1 else {**outer, "anyOf": rest}
