"""What the user may have meant by a command or an option that isn't there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click


def nearest(given: str, known: Iterable[str]) -> str:
    """`` Did you mean 'plan'?``, or nothing."""
    close = get_close_matches(given, list(known), 1)
    return f" Did you mean '{close[0]}'?" if close else ""


def whole(wrong: click.ClickException, arguments: Sequence[str]) -> click.ClickException:
    """An unknown option as it was typed: click takes ``-imput`` for a bundle of letters and would only say ``-i``."""
    if not isinstance(wrong, click.NoSuchOption):
        return wrong
    known = _options(wrong.ctx)
    typed = wrong.option_name
    if len(typed) == 2:
        candidates = (word.partition("=")[0] for word in arguments if word.startswith("-") and word[1:2] != "-")
        typed = next((word for word in candidates if typed[1] in word and word not in known), typed)
    # Compared without dashes: both forms are one option, and are told as they were typed.
    dashes = "--" if typed.startswith("--") else "-"
    names = {name.lstrip("-") for name in known if name.startswith("--")}
    hint = nearest(typed.lstrip("-"), names).replace("'", f"'{dashes}", 1)
    return click.UsageError(f"No such option '{typed}'.{hint}", ctx=wrong.ctx)


def _options(context: click.Context | None) -> frozenset[str]:
    parameters = context.command.get_params(context) if context is not None else []
    return frozenset(name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts))
