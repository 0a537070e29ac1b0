"""Policies of one login, with what is known of its entity in the place of templates.

Source: "Templated policies" (HashiCorp Vault, OpenBao): ``{{identity.entity.name}}``, ``….id``, ``….metadata.<key>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from providers.vault.effective.values import Policy, Rule
from reconciler.model import Resource

_TEMPLATE = re.compile(r"\{\{identity\.entity\.(name|id|metadata\.[^{}]+)\}\}")
_PLAIN = re.compile(r"[A-Za-z0-9._:@-]+")
"""Texts that mean nothing else in a path: another one stays a template."""
Known = tuple[tuple[str, str], ...]
"""What templates about an entity stand for, sorted."""


def known_of(entity: Resource | None) -> Known:
    """By the template's last words: ``name``, ``metadata.team``."""
    if entity is None:
        return ()
    values = entity.attributes
    metadata = values.get("metadata")
    found = {name: values.get(name) for name in ("name", "id")}
    found |= {f"metadata.{key}": one for key, one in metadata.items()} if isinstance(metadata, Mapping) else {}
    return tuple(sorted((key, one) for key, one in found.items() if isinstance(one, str) and _PLAIN.fullmatch(one)))


def filled(policy: Policy, known: Known) -> Policy:
    """The policy as the server gives it to a token of that entity."""
    return _filled(policy, known) if known and any(rule.templated for rule in policy.rules) else policy


@lru_cache(maxsize=4096)
def _filled(policy: Policy, known: Known) -> Policy:
    texts = dict(known)
    return replace(policy, rules=tuple(_of(rule, texts) for rule in policy.rules))


def _of(rule: Rule, texts: Mapping[str, str]) -> Rule:
    if not rule.templated:
        return rule
    return replace(rule, path=_TEMPLATE.sub(lambda found: texts.get(found[1], found[0]), rule.path))
