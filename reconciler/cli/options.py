"""Options that several commands share. Single-dash forms are Terraform's."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.state.dsn import has_keywords
from reconciler.state.opening import DEFAULT_PLACE, PLACES, Place, is_shared
from reconciler.workflow.saved import REQUIRED
from reconciler.workflow.specs import Request
from specs.duration import MAXIMUM, format_duration, parse_duration

F = TypeVar("F", bound=Callable[..., Any])


def default_paths() -> tuple[str, ...]:
    """``specs`` where the folder exists, else the current folder."""
    return ("specs",) if Path("specs").is_dir() else (".",)


def request(paths: tuple[str, ...], environment: str | None, *, strict: bool = False) -> Request:
    """What the command is about."""
    chosen = paths or default_paths()
    return Request(chosen, environment, strict, sys.stdin.buffer if "-" in chosen else None)


def _named(_context: click.Context, _parameter: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    # To the system an empty path is the current folder: a variable that isn't set must not mean all that is here.
    if "" in paths:
        raise click.BadParameter("an empty PATH names nothing; write . for the current folder")
    return paths


paths_argument = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(), callback=_named)
environment_option = click.option(
    "-environment", "--environment", metavar="NAME", help="Which Environment; needed only where there are several."
)
connections_option = click.option(
    "-connections",
    "--connections",
    metavar="FILE",
    help="Where the systems are and how to log in (or WRIT_CONNECTIONS).",
)


class _StatePlace(click.ParamType):  # type: ignore[type-arg] # generic since click 8.2 only
    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        if is_shared(value):
            return str(value)
        if has_keywords(str(value)):
            self.fail(f"libpq's key=value is no place for a state: {PLACES}.", param, ctx)
        found: Path = click.Path(path_type=Path, dir_okay=False).convert(value, param, ctx)
        return found


state_option = click.option(
    "-state",
    "--state",
    "state_place",
    metavar="PLACE",
    type=_StatePlace(),
    envvar="WRIT_STATE",
    show_envvar=True,
    default=DEFAULT_PLACE,
    show_default=True,
    help=f"The state: {PLACES}.",
)
json_option = click.option("-json", "--json", "as_json", is_flag=True, help="Machine-readable output.")
strict_option = click.option("-strict", "--strict", is_flag=True, help="Past review dates are errors.")
no_color_option = click.option("-no-color", "--no-color", is_flag=True, help="No colours (or NO_COLOR).")
target_option = click.option(
    "-target",
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help="Only this address, system, AGENT or AGENT/INTENT, and what it needs. May be repeated.",
)
auto_approve_option = click.option("-auto-approve", "--auto-approve", is_flag=True, help="Don't ask.")
parallelism_option = click.option(
    "-parallelism",
    "--parallelism",
    type=click.IntRange(1, 256),
    default=10,
    show_default=True,
    help="Steps at once.",
)
lock_timeout_option = click.option(
    "-lock-timeout",
    "--lock-timeout",
    default="0s",
    show_default=True,
    metavar="DURATION",
    callback=lambda _ctx, _param, text: seconds(text),
    help="How long to wait for the lock.",
)


def _verbose(_context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    # Only our own logger: the SDKs' debug logs print credentials.
    if wanted:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("writ: %(message)s"))
        logging.getLogger("writ").addHandler(handler)
        logging.getLogger("writ").setLevel(logging.INFO)


verbose_option = click.option(
    "-verbose", "--verbose", is_flag=True, expose_value=False, callback=_verbose, help="Say what is being done."
)


def seconds(text: str) -> float:
    """A duration as the specs write it (``90s``, ``1h30m``), or none (``0s``), as seconds."""
    if re.fullmatch(r"0+[smhd]", text):
        return 0.0
    try:
        return float(parse_duration(text))
    except ValueError as wrong:
        longest = format_duration(MAXIMUM)
        raise click.BadParameter(f"{text!r} is not a duration such as 60s or 1h30m, up to {longest}") from wrong


require_signature_option = click.option(
    "-require-signature",
    "--require-signature",
    metavar="PUBKEY",
    type=click.Path(path_type=Path),
    envvar=REQUIRED,
    show_envvar=True,
    help="Only a saved plan that this Ed25519 key (PEM) signed.",
)


def lifetime(text: str) -> float:
    """A duration above 0, as seconds."""
    found = seconds(text)
    if not found:
        raise click.BadParameter(f"{text!r}: a plan must be left some time, such as 24h")
    return found


def all_of(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, listed in this order in the help."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@dataclass(frozen=True, slots=True)
class Asked:
    """What every verb over the systems is told: which specs, where the systems and the state are, how to speak."""

    paths: tuple[str, ...]
    environment: str | None
    connections: str | None
    state_place: Place
    as_json: bool
    no_color: bool

    def request(self, *, strict: bool = False) -> Request:
        """The specs that it is about."""
        return request(self.paths, self.environment, strict=strict)


def asked(*options: Callable[[Any], Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The options of Asked, given to the command as its first argument, and the command's own."""

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(
            paths: tuple[str, ...],
            environment: str | None,
            connections: str | None,
            state_place: Place,
            *,
            as_json: bool,
            no_color: bool,
            **own: Any,
        ) -> int:
            return function(Asked(paths, environment, connections, state_place, as_json, no_color), **own)

        decorated: Callable[..., int] = all_of(
            paths_argument,
            environment_option,
            connections_option,
            state_option,
            *options,
            json_option,
            no_color_option,
            verbose_option,
        )(command)
        return decorated

    return decorate
