"""IAM's patterns as the algebra's: ``*``, ``?``, policy variables, and ARNs whose parts are compared apart.

Source: IAM's "Policy variables and tags"; "Condition operators", ARN; "Resource": a ``*`` crosses any character.
"""

from __future__ import annotations

import re
from functools import lru_cache

from providers.aws.effective.document import key_name
from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, SOME, Glob, unknown

_LITERALS = {"*": "*", "?": "?", "$": "$"}
_AS_VARIABLES = str.maketrans({sign: f"${{{sign}}}" for sign in _LITERALS})
_NO_COLON = frozenset(
    {
        *_LITERALS,
        "aws:principalaccount",
        "aws:sourceaccount",
        "aws:resourceaccount",
        "aws:requestedregion",
        "aws:username",
    }
)
"""Variables whose text has no colon, so that they can stand in any part of an ARN."""
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}|\*")
_PARTITION = ("Partition", "aws")
_ACCOUNT = "123456789012"
Filling = tuple[tuple[str, str], ...]
"""Texts for placeholders, by name."""
USUAL: tuple[Filling, ...] = (
    (_PARTITION, ("Region", "us-east-1"), ("Account", _ACCOUNT), ("AccountId", _ACCOUNT)),
    (_PARTITION,),
    (),
)
"""From the most usual to any."""
_PARTS = 6


def literal(text: str) -> str:
    """A pattern that stands for this text alone, where there are variables."""
    return text.translate(_AS_VARIABLES)


@lru_cache(maxsize=65536)
def pattern(text: str, *, variables: bool, wild: bool = True, fold: bool = False) -> Glob:
    """A pattern, or without ``wild`` a literal text, in which variables may stand."""
    return Glob.of(_code(text, variables=variables, wild=wild), fold=fold)


def _code(text: str, *, variables: bool, wild: bool) -> str:
    if not variables or "${" not in text:
        return _wildcards(text) if wild else text
    parts, at = [], 0
    for found in _VARIABLE.finditer(text):
        before = text[at : found.start()]
        parts += [_wildcards(before) if wild else before, _letter(found[1])]
        at = found.end()
    rest = text[at:]
    return "".join([*parts, _wildcards(rest) if wild else rest])


def _wildcards(text: str) -> str:
    return text.replace("*", MANY).replace("?", ONE)


def _letter(inner: str) -> str:
    if inner in _LITERALS:
        return _LITERALS[inner]
    key, comma, default = inner.partition(",")
    return unknown(f"{key_name(key.strip())}{comma}{default.strip()}")


@lru_cache(maxsize=65536)
def arn_pattern(text: str, *, variables: bool) -> Glob | None:
    """A pattern for ARNs, whose first five parts hold no colon; None where that can't be said of it."""
    parts = _code(text, variables=variables, wild=True).split(":", _PARTS - 1)
    if len(parts) < _PARTS or not _separable(text, variables=variables):
        return None
    bound = str.maketrans({MANY: MANY_IN, ONE: ONE_IN})
    return Glob.of(":".join([*(part.translate(bound) for part in parts[:-1]), parts[-1]]))


def _separable(text: str, *, variables: bool) -> bool:
    """Whether its variables leave the parts of the ARN as they are."""
    if not variables:
        return True
    shown = _VARIABLE.sub(lambda found: "v" if key_name(found[1].strip()) in _NO_COLON else "\0", text)
    return all("\0" not in part for part in shown.split(":", _PARTS - 1)[: _PARTS - 1])


@lru_cache(maxsize=8192)
def arn_format(text: str, usual: Filling) -> Glob:
    """A format of the catalogue as a pattern; ``usual``: in a certain partition, region and account."""
    # The names of placeholders have no colon.
    *parts, rest = text.split(":", _PARTS - 1)
    filled = [_PLACEHOLDER.sub(lambda found: _fill(found[1] or "", usual), part) for part in parts]
    return Glob.of(":".join([*filled, _PLACEHOLDER.sub(f"{SOME}{MANY}", rest)]))


def _fill(name: str, usual: Filling) -> str:
    return dict(usual).get(name, f"{SOME}{MANY_IN}")
