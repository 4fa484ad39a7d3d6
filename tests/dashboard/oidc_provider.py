"""A small OpenID Connect provider on this machine, for tests of signing in.

It vouches for whoever :attr:`Provider.email` names at the moment, without asking for a password.
Discovery, the code flow, signed identity tokens and keys are as in OpenID Connect Core 1.0 and
Discovery 1.0; Streamlit talks to it as to any other provider.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "nearfield"


class Provider:
    """Runs until :meth:`stop`."""

    def __init__(self) -> None:
        self.email = ""
        self.verified = True
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
        self.asked: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def write_secrets(self, folder: Path) -> None:
        """Write the secrets by which Streamlit asks this provider, for a server started there."""
        (folder / ".streamlit").mkdir(parents=True)
        lines = [
            "[auth]",
            'redirect_uri = "http://localhost:{port}/oauth2callback"',
            'cookie_secret = "for the tests alone, and long enough"',
            f'client_id = "{CLIENT}"',
            'client_secret = "secret"',
            f'server_metadata_url = "{self.url}/.well-known/openid-configuration"',
        ]
        (folder / ".streamlit" / "secrets.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def answer(self, path: str, query: dict[str, str], form: dict[str, str]) -> dict[str, object]:
        """Answer everything but the redirections."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            return {
                "access_token": "of no use",
                "token_type": "Bearer",
                "id_token": self._identity(self.asked.pop(form["code"])),
            }
        raise LookupError(path)

    def _identity(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.email,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": nonce,
            "email": self.email,
            "email_verified": self.verified,
        }
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                if address.path == "/authorize":
                    code = f"code-{len(provider.asked)}-{time.monotonic_ns()}"
                    provider.asked[code] = query.get("nonce", "")
                    back = urlencode({"code": code, "state": query["state"]})
                    self.send_response(302)
                    self.send_header("Location", f"{query['redirect_uri']}?{back}")
                    self.end_headers()
                    return
                self._answer(address.path, query, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._answer(urlsplit(self.path).path, {}, form)

            def _answer(self, path: str, query: dict[str, str], form: dict[str, str]) -> None:
                try:
                    content = json.dumps(provider.answer(path, query, form)).encode()
                except LookupError:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler
