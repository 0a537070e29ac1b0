"""Who holds a lock, for people, laid out as Terraform lays it out."""

from __future__ import annotations

from typing import Protocol


class Holder(Protocol):
    """What is shown of a lock's holder."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def operation(self) -> str: ...  # noqa: D102
    @property
    def who(self) -> str: ...  # noqa: D102
    @property
    def pid(self) -> int: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102
    @property
    def lease(self) -> float: ...  # noqa: D102
    @property
    def beaten(self) -> str: ...  # noqa: D102


def lock_text(holder: Holder, where: str) -> str:
    """The lines of a message."""
    renewed = f"\n  Renewed:   {holder.beaten} (holds {holder.lease:g} s)" if holder.lease else ""
    return (
        "Error acquiring the state lock\n"
        f"  ID:        {holder.id}\n  Path:      {where}\n  Operation: {holder.operation}\n"
        f"  Who:       {holder.who}\n  Process:   {holder.pid}\n  Version:   {holder.version}\n"
        f"  Created:   {holder.created}{renewed}"
    )
