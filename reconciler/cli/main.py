"""The entry point: finds the command, and turns every failure into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

import click

from reconciler.cli.closed import closed_input
from reconciler.cli.crash import internal_error, take_hooks
from reconciler.cli.input import taking_input
from reconciler.cli.signals import Terminated, terminable
from reconciler.cli.unknown import nearest, whole

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("init", "Start a folder of specs that plan and apply at once in the sandbox."),
    "validate": ("validate", "Check specs without touching any system."),
    "fmt": ("fmt", "Format specs, keeping comments."),
    "plan": ("plan", "Show what apply would do."),
    "show": ("show", "Show a saved plan."),
    "apply": ("apply", "Make the systems what the specs declare."),
    "destroy": ("destroy", "Remove all that Writ made, and nothing else."),
    "drift": ("drift", "Show what changed outside since the last apply."),
    "inventory": ("inventory", "Show who and what stands in the systems, and what of it to look at."),
    "retire": ("retire", "Prove what replaces a standing principal, or unlock one again."),
    "import": ("import_", "Write specs of what stands in the systems; apply then takes it over."),
    "explain": ("explain", "Say whether an agent may do something, and why."),
    "graph": ("graph", "Write the access graph, with its escalations."),
    "access-diff": ("access_diff", "Compare the access that two policy files give."),
    "permissions": ("permissions", "Print what Writ's own login needs in each system."),
    "schema": ("schema", "Print the specs' JSON Schema, for editors."),
    "sandbox": ("sandbox", "Run the systems of the specs on this machine, to try everything."),
    "state": ("state", "Look at what was applied, move it, correct it, make it anew."),
    "audit": ("audit", "Verify, show and export the record of every run."),
    "lock": ("lock", "Show who holds the state's locks."),
    "force-unlock": ("force_unlock", "Remove a lock whose holder is gone."),
    "completion": ("completion", "Print a shell's completion script."),
    "version": ("version", "Print the version."),
}
"""Name → its module here, and its line in the help (so that help imports none of them)."""

_ASKING = frozenset({"plan", "apply", "destroy"})
"""Those that Terraform's scripts give -input=false."""
EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
"""128 + SIGINT and 128 + SIGTERM, as shells count."""


class Commands(click.Group):
    """Commands by name, imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"reconciler.cli.{module}"), module)
        return taking_input(command) if cmd_name in _ASKING else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, and the nearest name for one that isn't there."""
        given = args[0]
        if given not in COMMANDS and not given.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{given}'.{nearest(given, COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "-help", "--help"]})
@click.version_option(version("writ-iam"), "-version", "--version", prog_name="writ")
def cli() -> None:
    """Declare what AI agents may do; plan and apply it to Vault, AWS, PostgreSQL, MariaDB and LDAP."""
    # Before the command's options are read, which may hold a login. Not before: help needs none of it, and is quick.
    from reconciler.cli.arenas import share_memory  # noqa: PLC0415
    from reconciler.cli.veil import hide_secrets  # noqa: PLC0415

    share_memory()
    hide_secrets()


def main() -> NoReturn:
    """Run and exit: 0 done, 1 error, 2 changes or drift (where a command says so), 130 interrupted, 143 terminated."""
    # A command is short and makes no garbage in cycles worth mentioning, while the collector walks every
    # object that is kept again and again: a third of the time of a large plan.
    gc.disable()
    if sys.stdout is None or sys.stderr is None:
        # Started with a closed stream: every write would fail in the middle of a run.
        sys.exit("writ: standard output and standard error must be open")
    if sys.stdin is None:
        sys.stdin = closed_input()
    take_hooks()
    _take_any_text()
    try:
        with terminable():
            code = cli.main(standalone_mode=False, prog_name="writ")
    except (click.exceptions.Abort, KeyboardInterrupt):  # click makes the first of the second
        _leave("interrupted", EXIT_INTERRUPTED)
    except Terminated:
        _leave("terminated", EXIT_TERMINATED)
    except click.ClickException as wrong:
        whole(wrong, sys.argv[1:]).show()
        sys.exit(EXIT_ERROR)
    except BrokenPipeError:
        # The reader of our output went away: say nothing more on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_ERROR)
    except OSError as failed:
        if failed.errno not in _OUTPUT_ERRORS:
            sys.exit(_say(internal_error(failed), EXIT_ERROR))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_say(f"error[W614]: output can't be written: {failed.strerror}", EXIT_ERROR))
    except Exception as bug:  # noqa: BLE001 - the last resort: no value of the run may leak in a traceback
        sys.exit(_say(internal_error(bug), EXIT_ERROR))
    sys.exit(code if isinstance(code, int) else 0)


def _take_any_text() -> None:
    """What a stream's encoding can't say is escaped, as Python does on standard error; what isn't text is no answer."""
    for stream, errors in ((sys.stdout, "backslashreplace"), (sys.stdin, "replace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


_OUTPUT_ERRORS = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG})


def _leave(text: str, code: int) -> NoReturn:
    """Exit now: not even a call that hangs is waited for."""
    with suppress(OSError):
        _say(text, code)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _say(text: str, code: int) -> int:
    click.echo(f"writ: {text}", err=True)
    return code
