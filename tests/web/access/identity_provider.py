"""A small OpenID provider that runs: it logs everybody in at once, and can be told to lie in many ways."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "nofly-client", "between us: +/ & %"
KEY, STRANGER = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("one", "one"))


@dataclass
class IdentityProvider:
    """What it says. ``claims`` are put into tokens over what is right; None takes one away."""

    port: int = 0
    claims: dict[str, Any] = field(default_factory=lambda: {"groups": ["operators"]})
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    keys: list[Any] = field(default_factory=lambda: [KEY])
    discovery: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    """Path → a whole body in place of the right one."""
    token: str | None = None
    slow_s: float = 0.0
    redirect: str | None = None
    sent_state: str | None = None
    names_itself: bool = False
    refuses: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": self.names_itself, **self.discovery,
        }  # fmt: skip

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes back to."""
        code = hashlib.sha256(json.dumps(query).encode() + bytes([len(self.codes)])).hexdigest()
        self.codes[code] = query
        told = {"state": self.sent_state or query["state"]}
        told |= {"error": self.refuses} if self.refuses else {"code": code}
        told |= {"iss": self.issuer} if self.names_itself else {}
        return f"{query['redirect_uri']}?{urlencode(told)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer to a code, which is good once."""
        self.forms.append(form)
        begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        pair = base64.b64encode(b"nofly-client:between+us%3A+%2B%2F+%26+%25").decode()
        good = (
            begun is not None
            and authorization == f"Basic {pair}"
            and challenge.rstrip(b"=").decode() == begun["code_challenge"]
            and form["redirect_uri"] == begun["redirect_uri"]
        )
        if not good or begun is None:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}

    def id_token(self, nonce: str) -> str:
        if self.token is not None:
            return self.token
        now_s = int(time.time())
        right = {
            "iss": self.issuer, "aud": CLIENT, "sub": "248289761001", "nonce": nonce, "iat": now_s,
            "exp": now_s + 300,
        }  # fmt: skip
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": "one", **self.header}
        if header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider on loopback."""
    it = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            it.asked.append(parts.path)
            if parts.path == "/realm/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", it.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            found = {
                "/realm/.well-known/openid-configuration": it.document,
                "/realm/keys": lambda: {"keys": [key.as_dict(private=False) for key in it.keys]},
            }.get(parts.path)
            self.say(404 if found is None else 200, {} if found is None else found())

        def do_POST(self) -> None:
            it.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(*it.exchange(form, self.headers.get("Authorization", "")))

        def say(self, status: int, said: dict[str, Any]) -> None:
            body = it.answers.get(self.path.partition("?")[0], json.dumps(said).encode())
            if it.redirect is not None:
                status = 302
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if it.redirect is not None:
                self.send_header("Location", it.redirect)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if it.slow_s:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        time.sleep(it.slow_s)
                else:
                    self.wfile.write(body)
            except OSError:  # given up
                pass

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        it.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield it
        finally:
            server.shutdown()
            thread.join()
