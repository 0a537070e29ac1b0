"""What a model allows at a path: its fields, in their order, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specs.source import Path

_LISTS = (list, tuple, set, frozenset)


def models_at(model: Any, path: Path) -> list[type[BaseModel]]:
    """The models that may describe the value at ``path``: several where a union allows it."""
    return [leaf for one in _at(model, path) for leaf in _leaves(one) if _is_model(leaf)]


def example(model: Any, path: Path) -> str:
    """The least that may stand at ``path``, as people write it: ``{issuer: …, subject: …}``; … for a single text."""
    return next((_least(one) for one in _at(model, path)), "…")


def choices(model: Any, path: Path) -> list[str]:
    """The only texts that may stand at ``path``; none where it takes others."""
    leaves = [leaf for one in _at(model, path) for leaf in _leaves(one) if leaf is not type(None)]
    closed = all(get_origin(leaf) is Literal for leaf in leaves)
    return [str(word) for leaf in leaves for word in get_args(leaf)] if closed else []


def fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """A model's fields by the name that people write, in order."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def meaning(model: Any, path: Path, name: str) -> str:
    """The first sentence of a field's description; empty if it has none."""
    for owner in models_at(model, path):
        info = fields(owner).get(name)
        if info is not None and info.description:
            return info.description.split("\n")[0].rstrip(".")
    return ""


def _at(model: Any, path: Path) -> list[Any]:
    """The annotations of what may stand at ``path``."""
    found = [model]
    for part in path:
        found = [child for one in found for child in _children(one, part)]
    return found


def _least(annotation: Any) -> str:
    leaf = next(leaf for leaf in _leaves(annotation) if leaf is not type(None))
    if _is_model(leaf):
        return (
            "{"
            + ", ".join(
                f"{name}: {_brief(info.annotation)}" for name, info in fields(leaf).items() if info.is_required()
            )
            + "}"
        )
    origin = get_origin(leaf)
    if origin is Literal:
        return str(get_args(leaf)[0])
    if not isinstance(origin, type):
        return "…"
    if issubclass(origin, Mapping):
        return f"{{name: {_least(get_args(leaf)[-1])}}}"
    return f"[{_least(get_args(leaf)[0])}]"


def _brief(annotation: Any) -> str:
    """The same of a field within an example, without what is in it."""
    origins = [get_origin(leaf) for leaf in _leaves(annotation)]
    return "[…]" if any(origin in _LISTS for origin in origins) else "…"


def _children(annotation: Any, part: str | int) -> Iterator[Any]:
    for leaf in _leaves(annotation):
        if _is_model(leaf):
            info = fields(leaf).get(str(part))
            if info is not None:
                yield info.annotation
            continue
        inner = [argument for argument in get_args(leaf) if argument is not Ellipsis]
        origin = get_origin(leaf)
        if isinstance(origin, type) and inner and not isinstance(leaf, UnionType):
            yield inner[-1] if issubclass(origin, Mapping) else inner[0]


def _leaves(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is Union or isinstance(annotation, UnionType):
        for member in get_args(annotation):
            yield from _leaves(member)
    else:
        yield annotation


def _is_model(leaf: Any) -> bool:
    return isinstance(leaf, type) and get_origin(leaf) is None and issubclass(leaf, BaseModel)
