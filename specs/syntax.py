"""YAML syntax errors in words that say what to do."""

from __future__ import annotations

from typing import Any

from specs.diagnostic import Diagnostic, error
from specs.source import SourceSpan

_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    ("tab character", "a tab can't indent", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a ':' where no value can start",
        "mend the indentation, or quote a text that holds ': '",
    ),
    ("could not find expected ':'", "a key without ':'", "write key: value"),
    ("could not found expected ':'", "a key without ':'", "write key: value"),
    ("did not find expected ',' or '}'", "'{' isn't closed, or a ',' is missing", "add , or }"),
    ("expected ',' or '}'", "'{' isn't closed, or a ',' is missing", "add , or }"),
    ("did not find expected ',' or ']'", "'[' isn't closed, or a ',' is missing", "add , or ]"),
    ("expected ',' or ']'", "'[' isn't closed, or a ',' is missing", "add , or ]"),
    ("did not find expected node content", "a value is missing, or a bracket isn't closed", "close it"),
    ("expected the node content", "a value is missing, or a bracket isn't closed", "close it"),
    ("unexpected end of stream", "a quote isn't closed", "close it"),
    ("unexpected document indicator", "a quote isn't closed before ---", "close it"),
    (
        "did not find expected key",
        "not a key: wrong indentation, or a quote closed too early",
        "align it with its siblings",
    ),
    ("expected <block end>", "not a key: wrong indentation, or a quote closed too early", "align it with its siblings"),
    ("unknown escape character", "an unknown escape", "write \\\\ for a backslash, or use single quotes"),
    ("character escape code", "an escape that is no character", "write the character itself"),
    ("hexdecimal number", "an escape without its digits", "write \\\\ for a backslash, or use single quotes"),
    ("expected escape sequence", "an escape without its digits", "write \\\\ for a backslash, or use single quotes"),
    ("found unexpected ':'", "a ':' where none can stand", "quote the text that holds it"),
    ("did not find expected '-' indicator", "not a list item: wrong indentation", "align it with its siblings"),
    ("block sequence entries are not allowed", "a '-' where no list can start", "put the list on its own lines"),
    ("found undefined tag handle", "tag not allowed", "specs are data: write the value itself"),
    ("tag", "tag not allowed", "specs are data: write the value itself"),
    ("anchor", "anchors and aliases are not allowed", "write the value out"),
    ("alias", "anchors and aliases are not allowed", "write the value out"),
    ("directive", "directives are not allowed", "remove the line"),
    ("nesting depth", "nested deeper than the cap", "specs are a few levels deep"),
)
_CODES = {"tag": "W012", "anchors": "W010", "directives": "W013", "nested": "W007"}


def explain(problem: Any, text: str, file: str, first_line: int) -> Diagnostic:
    """A Diagnostic for what the parser of a document that begins at ``first_line`` raised."""
    said = str(getattr(problem, "problem", None) or "unreadable")
    context = str(getattr(problem, "context", None) or "")
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    line, column = _inside(text, mark.line, mark.column) if mark is not None else (0, 0)
    span = SourceSpan(file, first_line + line, column + 1)
    message, hint = _words(said, context, _character(text, line, column))
    code = _CODES.get(message.split()[0], "W009")
    return error(code, message if code != "W009" else f"not YAML: {message}", help=hint, span=span)


def _words(said: str, context: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in said:
        if character == "\t":
            return "a tab can't indent", "indent with spaces"
        return f"a text can't start with {character!r}", "quote it"
    for part, message, hint in _EXPLANATIONS:
        if part in said or (len(part) > 3 and part in context):
            return message, hint
    return said.removeprefix("found "), "look here and at the line above: indentation, quotes, brackets"


def _inside(text: str, line: int, column: int) -> tuple[int, int]:
    """The position, or that of the last character that can be seen where only blank lines follow, or none."""
    lines = text.split("\n")
    if line < len(lines) and any(one.strip() for one in lines[line:]):
        return line, column
    seen = text.rstrip().split("\n")
    return len(seen) - 1, max(0, len(seen[-1]) - 1)


def _character(text: str, line: int, column: int) -> str:
    lines = text.split("\n", line + 1)
    return lines[line][column : column + 1] if line < len(lines) else ""
