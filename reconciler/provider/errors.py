"""What goes wrong at a system.

ProviderError
├── Unreachable      no answer; nothing was done            (transient)
├── Throttled        told to slow down; nothing was done    (transient)
├── UnknownOutcome   the call was sent, the reply was lost  (read back before anything else)
├── Denied           our login may not do this
├── Conflict         the object moved between reading and writing
├── Fenced           the run's lock isn't surely ours any more; nothing was sent
└── Rejected         the system refuses the request as it is
"""

from __future__ import annotations

from typing import ClassVar

from specs.redaction import redacted


class ProviderError(Exception):
    """A failure at a system: what happened and the way out, without secrets, whoever wrote the text."""

    transient: ClassVar[bool] = False
    """Whether the same call may be tried again."""
    way_out: ClassVar[str] = "the server's own log says more"
    """The help where none is given."""

    def __init__(self, message: str, *, help: str = "") -> None:
        self.message, self.help = redacted(message), redacted(help or self.way_out)
        super().__init__(self.message)


class Unreachable(ProviderError):  # noqa: N818
    """The system gave no answer, or is sealed or starting. Never means that an object is gone."""

    way_out = "see that the server is up and unsealed, and reached from here"
    transient = True


class Throttled(ProviderError):  # noqa: N818
    """The system asks to slow down (HTTP 429, a throttling code)."""

    way_out = "try again later, or with less at once"
    transient = True

    def __init__(self, message: str, *, help: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, help=help)
        self.retry_after = retry_after
        """Seconds that the system asks for; 0 where it doesn't say."""


class UnknownOutcome(ProviderError):  # noqa: N818
    """The request was sent and the reply lost: the system may or may not have done it."""

    way_out = "plan again: what was done is read back"


class Denied(ProviderError):  # noqa: N818
    """The operator's login lacks a privilege, or the login itself failed."""

    way_out = "see whose login this is, and what it may do"


class Conflict(ProviderError):  # noqa: N818
    """Somebody else changed the object since it was read (a compare-and-set failed)."""

    way_out = "plan again"


class Fenced(ProviderError):  # noqa: N818
    """The run doesn't surely hold its lock any more, so the call was not sent."""

    def __init__(self) -> None:
        message = "not sent: this run's lock was taken away, or its lease could not be renewed"
        super().__init__(message, help="plan again: another run may have changed things")


class Rejected(ProviderError):  # noqa: N818
    """The system refuses the request whoever asks."""
