"""`init`: a folder of specs that validates as it is and applies at once in the sandbox."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from specs.diagnostic import Diagnostic, error

_GITIGNORE = ".writ/\n"


def scaffold(folder: Path) -> tuple[tuple[Path, ...], tuple[Diagnostic, ...]]:
    """Write the starting files. Nothing is written where one of them is there already."""
    planned = [(folder / name, text) for name, text in _contents(files("reconciler") / "scaffold")]
    planned.append((folder / ".gitignore", _GITIGNORE))
    taken = [path for path, _ in planned if path.exists()]
    if taken:
        help_ = "name another folder: writ init FOLDER"
        return (), tuple(error("W630", f"{path} is there already; nothing was written", help=help_) for path in taken)
    try:
        for path, text in planned:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as failed:
        return (), (
            error("W631", f"{folder} can't be written: {failed.strerror}", help="name a folder that you may write in"),
        )
    return tuple(path for path, _ in planned), ()


def _contents(root: Traversable, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for item in sorted(root.iterdir(), key=lambda item: item.name):
        name = f"{prefix}{item.name}"
        if item.is_dir():
            found += _contents(item, f"{name}/")
        else:
            found.append((name, item.read_text(encoding="utf-8")))
    return found
