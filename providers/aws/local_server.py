"""The process behind the local AWS: ``python -m providers.aws.local_server PORT``.

moto's server with mends: one request at a time, since its writes are not safe between threads; the two calls that it
lacks for a provider's client ids; the few managed policies that people attach by hand, since loading all takes a second
for each account; and no line for each request.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Lock
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam import models as iam_models
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

_POLICIES = (
    "AdministratorAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "IAMFullAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)


class OneAtATime:
    """A WSGI application that answers one request after the other, each once it is there as a whole.

    Whoever stops in the middle of sending one holds up nobody else.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """WSGI (PEP 3333)."""
        length = -1 if environ.get("wsgi.input_terminated") else int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        with self._lock:
            return list(self._application(environ, start_response))


def add_client_id(response: Any) -> ActionResult:
    """AddClientIDToOpenIDConnectProvider: no error if it is there already."""
    ids = _provider(response).client_id_list
    if response._get_param("ClientID") not in ids:  # noqa: SLF001 - moto's way to a parameter
        ids.append(response._get_param("ClientID"))  # noqa: SLF001
    return EmptyResult()


def remove_client_id(response: Any) -> ActionResult:
    """RemoveClientIDFromOpenIDConnectProvider: no error if it isn't there."""
    ids = _provider(response).client_id_list
    if response._get_param("ClientID") in ids:  # noqa: SLF001
        ids.remove(response._get_param("ClientID"))  # noqa: SLF001
    return EmptyResult()


def _provider(response: Any) -> Any:
    return response.backend.get_open_id_connect_provider(response._get_param("OpenIDConnectProviderArn"))  # noqa: SLF001


def main() -> None:
    """Serve on 127.0.0.1 until ended."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    IamResponse.add_client_id_to_open_id_connect_provider = add_client_id  # type: ignore[attr-defined]
    IamResponse.remove_client_id_from_open_id_connect_provider = remove_client_id  # type: ignore[attr-defined]
    models: Any = iam_models
    known = json.loads(models.aws_managed_policies_data)
    models.aws_managed_policies_data = json.dumps({name: known[name] for name in _POLICIES if name in known})
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    application = OneAtATime(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
