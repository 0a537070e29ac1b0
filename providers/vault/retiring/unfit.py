"""Principals that can't be retired, by the specs alone."""

from __future__ import annotations

from collections.abc import Iterator

from providers.vault.names import split_last
from providers.vault.settings import VaultSettings
from reconciler.provider import Retiring, Unfit


def unfit(settings: VaultSettings, retiring: Retiring) -> Iterator[Unfit]:
    """What isn't a mount and a name, and what is at a mount of ours; and nobody owns anything here."""
    mount, name = split_last(retiring.principal)
    odd = any(not part or part in {".", ".."} for part in retiring.principal.split("/"))
    if not mount or not name or odd or not retiring.principal.isprintable() or any(c in "?#%" for c in name):
        message = f"{retiring.principal} is no mount and name"
        yield Unfit("principal", message, "write the mount and the name there, such as approle/export")
    elif mount in settings.mounts:
        message = f"{mount} is a mount of Writ's own: who logs in there is made and removed by it"
        yield Unfit("principal", message, "name a login at another mount")
    if retiring.heir:
        yield Unfit("reassign_owned_to", "nobody owns anything in Vault", "leave it out")
