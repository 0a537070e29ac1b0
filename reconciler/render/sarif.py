"""Findings as SARIF, for code scanning.

Version 2.1.0 of OASIS: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from reconciler.model import Plan
from reconciler.render.codes import CODES
from reconciler.render.safe import safe
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_UNLISTED = "a finding of a provider of which Writ knows no more"
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def sarif_json(plan: Plan) -> dict[str, Any]:
    """One run. A finding with a place in a file is a result; any other, of which code scanning has no place, is told
    as a notification of the run.
    """
    placed = [(found, found.span) for found in plan.diagnostics if found.span is not None]
    others = [found for found in plan.diagnostics if found.span is None]
    codes = sorted({found.code for found in plan.diagnostics})
    rules = {code: index for index, code in enumerate(codes)}
    run = {
        "tool": {
            "driver": {
                "name": "Writ",
                "version": version("writ-iam"),
                "rules": [_rule(code, plan.diagnostics) for code in codes],
            }
        },
        "automationDetails": {"id": f"writ/{quote(plan.environment, safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not plan.errored,
                "toolExecutionNotifications": [_notification(found, rules) for found in others],
            }
        ],
        "results": list(_results(placed, rules)),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, findings: Sequence[Diagnostic]) -> dict[str, Any]:
    own = [found for found in findings if found.code == code]
    about = CODES.get(code, _UNLISTED)
    helps = list(dict.fromkeys(_message(found.help) for found in own if found.help))[:3]
    help_text = f"{code}: {about}. docs/diagnostics.md of Writ lists every code of its own."
    level = _LEVELS[Severity.ERROR if any(found.severity is Severity.ERROR for found in own) else Severity.WARNING]
    return {
        "id": code,
        "shortDescription": {"text": about},
        "fullDescription": {"text": f"{about[0].upper()}{about[1:]}."},
        "help": {"text": " ".join([help_text, *(f"For example: {text}." for text in helps)])},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["security", "iam"], "problem.severity": level},
    }


def _results(placed: Iterable[tuple[Diagnostic, SourceSpan]], rules: dict[str, int]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for found, span in placed:
        print_ = _fingerprint(found, span)
        seen[print_] += 1
        yield {
            "ruleId": found.code,
            "ruleIndex": rules[found.code],
            "level": _LEVELS[found.severity],
            "message": {"text": _text(found)},
            "locations": [{"physicalLocation": _location(span)}],
            "partialFingerprints": {"writFinding/v1": f"{print_}:{seen[print_]}"},
        }


def _notification(found: Diagnostic, rules: dict[str, int]) -> dict[str, Any]:
    return {
        "descriptor": {"id": found.code, "index": rules[found.code]},
        "level": _LEVELS[found.severity],
        "message": {"text": _text(found)},
    }


def _text(found: Diagnostic) -> str:
    subject = f"{found.subject}: " if found.subject else ""
    text = _message(f"{subject}{found.message}")
    return f"{text}\nHelp: {_message(found.help)}" if found.help else text


def _message(text: str) -> str:
    """Line by line safe for any reader, and without a link of its own (SARIF 3.11.6)."""
    return "\n".join(_LINK.sub(r"\\[", safe(line)) for line in text.split("\n"))


def _location(span: SourceSpan) -> dict[str, Any]:
    region = {"startLine": max(span.line, 1), "startColumn": max(span.column, 1)}
    if span.end_column > span.column:
        region["endColumn"] = span.end_column
    return {"artifactLocation": _artifact(span.file), "region": region}


def _artifact(file: str) -> dict[str, str]:
    if PurePosixPath(file).is_absolute():
        return {"uri": f"file://{quote(file)}"}
    # A colon in the first part would be read as a scheme.
    return {"uri": quote(file, safe="/~"), "uriBaseId": "%SRCROOT%"}


def _fingerprint(found: Diagnostic, span: SourceSpan) -> str:
    """The same finding after lines were added above it: nothing of a position but the file."""
    message = re.sub(r":\d+:\d+", "", found.message)
    parts = [found.code, span.file, found.subject, message]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
