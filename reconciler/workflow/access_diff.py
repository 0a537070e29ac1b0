"""`access-diff`: two policy files compared, without specs and without a system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler import registry
from reconciler.access import Comparison
from reconciler.provider import PolicyFileError, PolicyFiles
from specs import jsontext
from specs.diagnostic import Diagnostic, error
from specs.loader import load_bytes
from specs.source import SourceSpan

MOST_BYTES = 1 << 20


def compare_files(old: Path, new: Path, stdin: Callable[[], bytes]) -> tuple[Comparison | None, tuple[Diagnostic, ...]]:
    """New access against old. ``-`` is read by ``stdin``."""
    texts: dict[str, str] = {}
    for which, path in (("old", old), ("new", new)):
        text = _read(path, stdin)
        if isinstance(text, Diagnostic):
            return None, (text,)
        texts[which] = text
    kinds = {which: _kind(text) for which, text in texts.items()}
    unknown = [(which, path) for which, path in (("old", old), ("new", new)) if kinds[which] is None]
    if unknown:
        return None, tuple(_unknown(path, texts[which]) for which, path in unknown)
    before, after = kinds["old"], kinds["new"]
    if before is None or after is None or before.kind != after.kind:
        found = f"{old}: {before.kind if before else ''}, {new}: {after.kind if after else ''}"
        return None, (_error(f"there is nothing to compare ({found})", "give two of one kind"),)
    try:
        return before.compare(texts["old"], texts["new"]), ()
    except PolicyFileError as wrong:
        path = old if wrong.which == "old" else new
        span = SourceSpan(str(path), wrong.line, wrong.column) if wrong.line else _span(path, texts[wrong.which], wrong)
        return None, (_error(str(wrong) if span else f"{path}: {wrong}", wrong.help, span),)


def _span(path: Path, text: str, wrong: PolicyFileError) -> SourceSpan | None:
    """Where in a JSON document something is wrong: JSON is YAML to the loader, which keeps the place of every value."""
    loaded = load_bytes(text.encode(), str(path))
    if wrong.path and loaded.documents:
        return loaded.documents[0].locator.key_span(wrong.path)
    return next((found.span for found in loaded.diagnostics if found.code == "W014"), None)


def _all() -> list[PolicyFiles]:
    offered = (registry.load(name).policy_files() for name in registry.names())
    return [files for files in offered if files is not None]


def _kind(text: str) -> PolicyFiles | None:
    return next((files for files in _all() if files.recognises(text)), None)


def _unknown(path: Path, text: str) -> Diagnostic:
    """Of a text that begins as JSON does, where it ceases to be it."""
    if not text:
        return _error(f"{path} is empty", "name a policy file")
    broken = jsontext.problem(text, str(path)) if text.lstrip().startswith("{") else None
    if broken is not None:
        return replace(broken, code="W640", help="mend the policy")
    known = ", ".join(sorted(files.kind for files in _all()))
    return _error(f"{path} is no policy that is known here", f"known: {known}")


def _read(path: Path, stdin: Callable[[], bytes]) -> str | Diagnostic:
    try:
        if str(path) != "-" and not path.is_file():
            return _error(f"{path} is no file", "name two policy files")
        data = stdin() if str(path) == "-" else _head(path)
        if len(data) > MOST_BYTES:
            return _error(f"{path} is larger than a policy can be ({MOST_BYTES >> 20} MiB)", "name a policy file")
        return data.decode("utf-8-sig")
    except OSError as failed:
        return _error(f"{path} can't be read: {failed.strerror}", "make it readable")
    except UnicodeDecodeError as failed:
        return _error(f"{path} is not UTF-8 at byte {failed.start}", "save it as UTF-8")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _error(message: str, help: str, span: SourceSpan | None = None) -> Diagnostic:
    return error("W640", message, help=help, span=span)
