"""`writ version`."""

from __future__ import annotations

from importlib.metadata import version as version_of

import click


@click.command()
def version() -> int:
    """Print the version, as --version does."""
    click.echo(f"writ, version {version_of('writ-iam')}")
    return 0
