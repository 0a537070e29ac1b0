"""What goes wrong with the state: what, where, and the way out."""

from __future__ import annotations

from specs.redaction import redacted


class StateError(Exception):
    """The state can't be read, written or locked."""

    code = "W610"

    def __init__(self, message: str, *, help: str = "") -> None:
        self.message, self.help = redacted(message), redacted(help)
        super().__init__(self.message)


class StateLocked(StateError):  # noqa: N818
    """Another run holds the lock."""

    code = "W611"


class LockLost(StateLocked):
    """Our lock was taken away while we worked: nothing more may be written."""

    code = "W613"

    def __init__(self) -> None:
        super().__init__("the lock was taken away", help="plan again: another run may have changed things")


class NothingRecorded(StateError):  # noqa: N818
    """No environment, or several, where a command needs one."""

    code = "W615"


class NotRecorded(StateError):  # noqa: N818
    """An address that isn't in the state, or is there already."""

    code = "W616"


class PushRefused(StateError):  # noqa: N818
    """A state that must not replace the one that is there."""

    code = "W617"


class PlanFileError(StateError):
    """A saved plan that can't be read, or is not for this state."""

    code = "W620"


class KeyFileError(StateError):
    """A key that can't sign or verify."""

    code = "W621"


class NotSigned(PlanFileError):  # noqa: N818
    """A saved plan that isn't signed by the key that is required."""

    code = "W622"

    def __init__(self, message: str, *, help: str = "", claimed: tuple[str, str] = ("", "")) -> None:
        """``claimed``: the environment that it says it is of, and the digest of what it says. Not to be believed."""
        super().__init__(message, help=help)
        self.claimed = claimed


class LedgerError(StateError):
    """The audit record can't be read or written."""

    code = "W618"


class LedgerBroken(LedgerError):  # noqa: N818
    """The audit record isn't as it was written."""

    code = "W619"


class CheckpointError(StateError):
    """A checkpoint that can't be read, or isn't one of this audit record."""

    code = "W626"
