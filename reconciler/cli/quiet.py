"""Logging, whoever set it up, without secrets."""

from __future__ import annotations

import logging
import sys

from reconciler.cli.crash import places
from specs.redaction import redacted

_CHATTY = ("boto3", "botocore", "s3transfer", "urllib3", "requests", "hvac", "psycopg")
"""Their debug logs hold requests and replies, and so credentials."""


def quiet_logs() -> None:
    """No record of whoever's logging holds a secret, and what SDKs log for debugging isn't made at all.

    Whatever turned it on before (a sitecustomize, a debugging session's leftover) was not meant for a run that logs in.
    """
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if name.startswith(_CHATTY) and isinstance(logger, logging.Logger):
            logger.setLevel(logging.NOTSET)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    if (http := sys.modules.get("http.client")) is not None:
        http.HTTPConnection.debuglevel = 0
    make = logging.getLogRecordFactory()

    def redacting(*args: object, **kwargs: object) -> logging.LogRecord:
        return _redact(make(*args, **kwargs))

    logging.setLogRecordFactory(redacting)


def _redact(record: logging.LogRecord) -> logging.LogRecord:
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        text = f"a message that can't be made, of {record.pathname}:{record.lineno}"
    record.msg, record.args = redacted(text), ()
    if record.exc_info:
        bug = record.exc_info[1]
        record.exc_text = "\n".join([type(bug).__name__, *places(record.exc_info[2])])
        record.exc_info = None
    return record
