"""Writing what was imported: new files only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from reconciler.workflow.importing import Imported
from specs.diagnostic import Diagnostic, error
from specs.writing import documents_text

_FILES = {"Environment": "environment.yaml", "Agent": "agents.yaml", "Intent": "intents.yaml"}
_SUFFIXES = (".yaml", ".yml")


def everything(found: Imported) -> str:
    """All documents as one text."""
    return documents_text(list(found.texts.values()))


def write(found: Imported, out: Path) -> tuple[tuple[Path, ...], tuple[Diagnostic, ...]]:
    """To a file, if its name is one's; else to a folder, a file for each kind. Nothing is written over."""
    planned = list(_planned(found, out))
    taken = [path for path, _ in planned if path.exists() or path.is_symlink()]
    if taken:
        way_out = "name another folder or file: writ import -out PATH"
        return (), tuple(error("W630", f"{path} is there already; nothing was written", help=way_out) for path in taken)
    written: list[Path] = []
    try:
        for path, text in planned:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as failed:
        for path in written:
            with suppress(OSError):
                path.unlink()
        message = f"{out} can't be written: {failed.strerror}"
        return (), (error("W631", message, help="name a place that you may write in"),)
    return tuple(written), ()


def _planned(found: Imported, out: Path) -> Iterator[tuple[Path, str]]:
    if not found.texts:
        return
    if out.suffix in _SUFFIXES:
        yield out, everything(found)
        return
    for kind, name in _FILES.items():
        texts = [text for (of, _), text in found.texts.items() if of == kind]
        if texts:
            yield out / name, documents_text(texts)
