"""Terraform's ``-input=false``, which its scripts give every verb: nobody is there to be asked."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

import click


def taking_input(command: click.Command) -> click.Command:
    """Give ``command`` the option, once. What would have to ask fails before it reads anything."""
    inner = command.callback
    if inner is None or any(parameter.name == "input" for parameter in command.params):
        return command

    or_saved = ", or apply a saved plan" if command.name == "apply" else ""

    @wraps(inner)
    def callback(*, input: bool, **given: Any) -> Any:
        if not input and "auto_approve" in given and not given["auto_approve"] and not _saved(given["paths"]):
            raise click.UsageError(f"-input=false: nobody can be asked; add -auto-approve{or_saved}")
        return inner(**given)

    command.callback = callback
    command.params.append(
        click.Option(
            ["-input", "--input"], type=click.BOOL, default=True, metavar="BOOL", help="false: fail instead of asking."
        )
    )
    return command


def _saved(paths: tuple[str, ...]) -> bool:
    from reconciler.state.meant import is_meant_as_plan  # noqa: PLC0415 - the help imports no state

    return bool(paths) and is_meant_as_plan(Path(paths[0]))
