"""YAML events to a tree of plain text, with caps, and without any of YAML's surprises.

Knows no YAML library: events come as objects named as PyYAML names them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from specs import redaction, scan
from specs.diagnostic import Diagnostic, error
from specs.jsontext import with_surrogates
from specs.nodes import MARK, UNKNOWN, Positions
from specs.source import Path, SourceSpan
from specs.text import cut

DEPTH_CAP = 32
NODE_CAP = 100_000
SCALAR_CAP = 4096
"""Characters of one scalar."""
_SHORTER = "shorten it: no field takes so long a text"
_FLATTER = "take out levels, or close the brackets: no document needs half as many"
_NO_KEY = object()
_NULLS = frozenset({"~", "null", "Null", "NULL"})
_JSON_WORDS = frozenset({"true", "false", "null"})
_MOST_PROBLEMS = 50
_MOST_MARKS = NODE_CAP * MARK


class _Handlers(dict[type, "Callable[[Builder, Any], None] | None"]):
    """Events' classes by their names: looked up once for each class, whichever library's it is."""

    def __init__(self, by_name: dict[str, Callable[[Builder, Any], None]]) -> None:
        super().__init__()
        self._by_name = by_name

    def __missing__(self, kind: type) -> Callable[[Builder, Any], None] | None:
        return self.setdefault(kind, self._by_name.get(kind.__name__))


class TooMuch(Exception):  # noqa: N818
    """A cap was reached: reading on would cost more than any spec needs."""


class Builder:
    """Builds one document. ``offset`` is the line before its first, ``escapes`` whether scalars may be escaped."""

    def __init__(self, file: str, offset: int, *, escapes: bool, strict_json: bool, memo: dict[str, str]) -> None:
        self.problems: list[Diagnostic] = []
        self.hidden: set[int] = set()
        """Lines that hold secrets in escaped form."""
        self.documents = 0
        self.empty = True
        self._file = file
        self._offset = offset + 1
        self._escapes = escapes
        self._strict_json = strict_json
        self._memo = memo
        self._checked = escapes or strict_json
        self._marks: list[int] = []
        """Line, column and end column of each node, as the parser counts them: see Positions."""
        self.root: Any = None
        self._here: Any = None
        self._key: Any = _NO_KEY
        self._stack: list[tuple[Any, Any]] = []
        self._skip = 0
        self._skip_depth = 0

    def feed(self, next_event: Callable[[], Any]) -> None:
        """Take events until there are no more. Raises what the parser raises, and TooMuch."""
        handlers = self._HANDLERS
        while (event := next_event()) is not None:
            handler = handlers[event.__class__]
            if handler is None:
                continue
            if self._skip:
                self._skipped(event.__class__.__name__, event)
            else:
                handler(self, event)

    def positions(self) -> Positions:
        """The locator of what was built."""
        return Positions(self._file, self.root, self._marks, self._offset)

    def report(self, code: str, message: str, event: Any, help: str) -> None:
        """An error at an event."""
        if len(self.problems) >= _MOST_PROBLEMS:
            raise TooMuch
        mark = event.start_mark
        span = SourceSpan(self._file, mark.line + self._offset, mark.column + 1, self._end_column(event))
        self.problems.append(error(code, message, subject=self._subject(), help=help, span=span))

    def _subject(self) -> str:
        positions = self.positions()
        if isinstance(self.root, dict) and isinstance(metadata := self.root.get("metadata"), dict):
            positions.own(str(self.root.get("kind", "")), str(metadata.get("name", "")))
        path = self._path()
        if isinstance(self._here, list):
            path = (*path, len(self._here))
        elif self._key is not _NO_KEY:
            path = (*path, str(self._key))
        return positions.subject(path)

    def _path(self) -> Path:
        """The path of the collection that is being filled."""
        return tuple(len(here) - 1 if isinstance(here, list) else str(key) for here, key in self._stack[1:])

    def _end_column(self, event: Any) -> int:
        start, end = event.start_mark, event.end_mark
        return end.column + 1 if end.line == start.line else 0

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.report("W009", "not YAML: a second document without ---", event, "begin each document with ---")
            raise TooMuch

    def _scalar(self, event: Any) -> None:
        """A key, or a value. This runs for most events, hence without any calls where all is as usual."""
        value: str = event.value
        style = event.style
        if self._checked or event.anchor is not None or event.tag is not None or len(value) > SCALAR_CAP:
            value = self._check_scalar(event)
        here = self._here
        is_key = type(here) is dict and self._key is _NO_KEY
        if is_key and (value in here or (value == "<<" and not style)):
            self._refuse_key(value, event, plain=not style)
            return
        start, end, marks = event.start_mark, event.end_mark, self._marks
        if len(marks) >= _MOST_MARKS:
            self._too_many(event)
        line = start.line
        marks += (line, start.column, end.column if end.line == line else UNKNOWN)
        if is_key:
            self._key = self._memo.setdefault(value, value)
            return
        if not style and value in _NULLS:
            value = ""
        if type(here) is dict:
            here[self._key] = value
            self._key = _NO_KEY
        elif here is not None:
            here.append(value)
        else:
            self.root = value
            self.empty = not style and not value and event.tag is None and event.anchor is None

    def _check_scalar(self, event: Any) -> str:
        """The text of a scalar, or what stands for one that may not be here."""
        value: str = event.value
        if event.anchor is not None or event.tag is not None:
            self._properties(event)
        if not event.style:
            if self._strict_json:
                self._check_json(value, event)
        elif event.style == '"' and self._escapes:
            if self._strict_json:
                value = with_surrogates(value)
            value = self._check_escaped(value, event)
        if len(value) > SCALAR_CAP:
            self.report("W008", f"scalar too long: {len(value)} characters, the cap is {SCALAR_CAP}", event, _SHORTER)
            return ""
        return value

    def _too_many(self, event: Any) -> NoReturn:
        self.report("W006", f"over the cap: {NODE_CAP} values in one document", event, "split the document")
        raise TooMuch

    def _refuse_key(self, value: str, event: Any, *, plain: bool) -> None:
        if plain and value == "<<":
            self.report("W011", "merge keys are not allowed", event, "write the fields out")
        else:
            self._report_repeated(value, event)
        self._skip = 1

    def _report_repeated(self, key: str, event: Any) -> None:
        first = self.positions().key_span((*self._path(), key))
        shown = "a key" if scan.confidential(key) else repr(key[:60])
        self.report("W014", f"repeated key {shown}, first at line {first.line}", event, "remove one of the two")

    def _start_mapping(self, event: Any) -> None:
        self._start({}, event)

    def _start_sequence(self, event: Any) -> None:
        self._start([], event)

    def _start(self, child: Any, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self._properties(event)
        here, key = self._here, self._key
        if type(here) is dict and key is _NO_KEY:
            advice = "keys are plain names; quote a text that starts with [ or {"
            self.report("W015", "a key must be text", event, advice)
            self._skip, self._skip_depth = 2, 1
            return
        stack, marks = self._stack, self._marks
        if len(stack) >= DEPTH_CAP:
            self._too_deep(event)
        if len(marks) >= _MOST_MARKS:
            self._too_many(event)
        start = event.start_mark
        marks += (start.line, start.column, UNKNOWN)
        if type(here) is dict:
            here[key] = child
        elif here is not None:
            here.append(child)
        else:
            self.root, self.empty = child, False
        stack.append((here, key))
        self._here, self._key = child, _NO_KEY

    def _too_deep(self, event: Any) -> NoReturn:
        self.report("W007", f"nested deeper than the cap of {DEPTH_CAP}", event, _FLATTER)
        raise TooMuch

    def _end(self, event: Any) -> None:  # noqa: ARG002
        self._here, _ = self._stack.pop()
        self._key = _NO_KEY

    def _alias(self, event: Any) -> None:
        self.report("W010", "anchors and aliases are not allowed", event, "write the value out")
        if type(self._here) is dict and self._key is _NO_KEY:
            self._skip = 1
        elif self._here is not None:
            self._put_nothing(event)

    def _put_nothing(self, event: Any) -> None:
        """What stands for a value that may not be here."""
        if len(self._marks) >= _MOST_MARKS:
            self._too_many(event)
        start = event.start_mark
        self._marks += (start.line, start.column, UNKNOWN)
        if type(self._here) is dict:
            self._here[self._key] = ""
            self._key = _NO_KEY
        else:
            self._here.append("")

    def _skipped(self, name: str, event: Any) -> None:
        """Leave out whole nodes: the value of a key that was refused."""
        if name.endswith("StartEvent"):
            self._skip_depth += 1
            if self._skip_depth > DEPTH_CAP:
                self._too_deep(event)
        elif name.endswith("EndEvent"):
            self._skip_depth -= 1
        if self._skip_depth == 0:
            self._skip -= 1

    def _properties(self, event: Any) -> None:
        if event.anchor is not None:
            self.report("W010", "anchors and aliases are not allowed", event, "write the value out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            shown = cut(redaction.redacted(tag))
            self.report("W012", f"tag not allowed: {shown}", event, "specs are data: write the value itself")

    def _check_json(self, value: str, event: Any) -> None:
        if value not in _JSON_WORDS and not _json_number(value):
            shown = "a word" if redaction.suspicious(value) else repr(value[:60])
            self.report("W019", f"{shown} isn't JSON", event, "JSON texts stand in double quotes; NaN isn't JSON")

    def _check_escaped(self, value: str, event: Any) -> str:
        forbidden = scan.FORBIDDEN.search(value)
        if forbidden is not None:
            self.report("W004", f"forbidden character {scan.describe(forbidden[0])}", event, "remove the escape")
            return ""
        if "\r" in value:
            self.report("W005", "forbidden line ending: a carriage return", event, "remove the escape")
            return ""
        sort = scan.secret_in(value) or ("a secret of this run's own login" if redaction.known(value) else "")
        if sort:
            self._hide(event)
            self.report("W017", f"looks like a secret: {sort}", event, ABOUT_SECRETS)
        elif scan.confidential(value):
            self._hide(event)
            self.report("W018", "credentials in a URL", event, ABOUT_LOGINS)
        return value

    def _hide(self, event: Any) -> None:
        self.hidden.update(range(event.start_mark.line + self._offset, event.end_mark.line + self._offset + 1))

    _HANDLERS: ClassVar[_Handlers] = _Handlers(
        {
            "ScalarEvent": _scalar,
            "MappingStartEvent": _start_mapping,
            "SequenceStartEvent": _start_sequence,
            "MappingEndEvent": _end,
            "SequenceEndEvent": _end,
            "AliasEvent": _alias,
            "DocumentStartEvent": _document,
        }
    )


ABOUT_SECRETS = "revoke it, and take it out of the file and its history; agents never hold stored secrets"
ABOUT_LOGINS = "how to log in belongs to the operator's connections, never in a URL"


def _json_number(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits[:1].isascii() and digits[:1].isdigit() and all(c in "0123456789.eE+-" for c in digits)
