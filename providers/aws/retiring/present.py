"""Logging in to AWS as an agent does: with its workload token alone, as its role for one intent."""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn, Self

from reconciler.provider import Minted, Pair, Rejected


class AwsAgent:
    """A session that was got, and seen to be the role's. It can't be handed back: it ends by itself."""

    def __init__(self, arn: str, endpoint: str) -> None:
        self._arn, self._endpoint = arn, endpoint

    @property
    def told(self) -> str:
        """As whom. An endpoint of its own may be no AWS, and believe any token."""
        return f"{self._arn}, at {self._endpoint}" if self._endpoint else self._arn

    def mint(self, pair: Pair, requester: str) -> Minted:
        """Never."""
        return _never(pair, requester)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _never(pair: Pair, requester: str) -> NoReturn:
    raise Rejected(f"AWS mints no login of {pair.agent.name} for {requester}")
