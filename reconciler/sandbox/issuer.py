"""An OpenID Connect issuer on loopback: discovery (OIDC Discovery 1.0), keys (RFC 7517), signed tokens (RFC 7519)."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
LIFETIME = 600
"""Seconds that a token is good for."""
MISSING = 'pip install "writ-iam[sandbox]"'
_KEYS = "/keys"
_DISCOVERY = "/.well-known/openid-configuration"


class SigningKey:
    """An RSA key that lives in this process's memory only."""

    def __init__(self) -> None:
        """Generate it. Raises SandboxError where the packages are missing."""
        try:
            import jwt  # noqa: PLC0415 - only the sandbox needs it
            from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415
        except ImportError as missing:
            raise SandboxError(f"the sandbox needs the package {missing.name}", help=MISSING) from missing
        self._private: RSAPrivateKey = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        self.key_id = uuid.uuid4().hex
        self.public = public | {"kid": self.key_id, "use": "sig", "alg": ALGORITHM}
        """The public half as a JWK."""
        self._encode = jwt.encode

    def sign(self, claims: Mapping[str, object]) -> str:
        """A compact JWS over the claims."""
        return self._encode(dict(claims), self._private, algorithm=ALGORITHM, headers={"kid": self.key_id})


def workload_claims(issuer: str, subject: str, audience: str) -> dict[str, object]:
    """The claims of a workload's token, good from now for ten minutes."""
    now = int(time.time())
    return {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "jti": uuid.uuid4().hex,
    }


class Issuer:
    """Serves one key, and signs with it in the name of any issuer: the specs' own URLs can't be served here."""

    def __init__(self) -> None:
        """Generate a key and serve it on a free port of 127.0.0.1."""
        self._key = SigningKey()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._server.documents = {
            _KEYS: {"keys": [self._key.public]},
            _DISCOVERY: {
                "issuer": self.url,
                "jwks_uri": self.jwks_url,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
            },
        }
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="issuer", daemon=True).start()

    @property
    def jwks_url(self) -> str:
        """Where the public key is."""
        return self.url + _KEYS

    def token(self, issuer: str, subject: str, audience: str, **claims: object) -> str:
        """A signed token; ``claims`` are added to the usual ones, or take their place."""
        return self._key.sign(workload_claims(issuer, subject, audience) | claims)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    documents: Mapping[str, object]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        document = self.server.documents.get(self.path)
        body = json.dumps(document if document is not None else {"error": "not found"}).encode()
        self.send_response(200 if document is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: requests are not news."""
