"""What a reply of AWS looks like, so that another server's is never taken for one."""

from __future__ import annotations

import re
from typing import Any

from providers.aws.errors import NOT_AWS
from reconciler.provider import Unreachable

_REPLY = re.compile(rb"\s*(<\?xml[^>]*\?>\s*)?<(\w+:)?[A-Z]\w*Response[\s/>]")
"""How every reply of the query protocol begins, errors included."""
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What botocore trips over in a reply that is XML and nothing that it knows."""


class NotFromAws(Exception):  # noqa: N818
    """The reply is not one of AWS: a proxy's page, another server's JSON."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Answer(dict[str, Any]):
    """A reply by its members. One that is missing is an unreadable reply, never 'nothing there'."""

    def __missing__(self, name: str) -> Any:
        raise Unreachable(f"AWS's reply lacks {name}", help=NOT_AWS)


def refuse_others(**event: Any) -> None:
    """Stop a reply that isn't AWS's before botocore makes something of it. Raises NotFromAws."""
    reply = event["response_dict"]
    if _REPLY.match(reply["body"][:512]):
        return
    if reply["status_code"] < 500:
        raise NotFromAws(reply["status_code"])
    # botocore repeats a failure without a body, and gives its status; on any text it trips.
    reply["body"] = b""
