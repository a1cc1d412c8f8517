"""A small token service in the manner of Microsoft Entra ID: device codes, redirects, app secrets, refresh tokens.

Source of the shapes: Microsoft's pages on the OAuth 2.0 flows of the Microsoft identity platform.
"""

from __future__ import annotations

import base64
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vmident.sandbox.http_messages import Request, Response, json_answer

TENANT = "11111111-0000-4000-8000-000000000001"
PERSON = "ada@contoso.example"
PERSON_ID = "11111111-0000-4000-8000-000000000002"
APP = "11111111-0000-4000-8000-000000000003"
APP_OBJECT_ID = "11111111-0000-4000-8000-000000000004"
SECRET = "the-secret-of-the-app"
DEVICE_CODE = "the-device-code"
USER_CODE = "ABCD-EFGH"


def jwt(claims: dict[str, Any]) -> str:
    """A token of that shape, which nobody has signed."""
    return ".".join((_encoded({"alg": "none", "typ": "JWT"}), _encoded(claims), "signature"))


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@dataclass
class TokenService:
    """Answers for any tenant, people being of the first; `given` are the access tokens it gave, the newest last."""

    endpoint: str = ""
    tenant: str = TENANT
    expires_in: int = 3600
    pending: int = 1
    refreshes: bool = True
    given: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=lambda: [SECRET, DEVICE_CODE])
    grants: list[str] = field(default_factory=list)
    nonce: str | None = None
    scope: str = ""
    _numbers: Any = field(default_factory=itertools.count)

    def answer(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        form = dict(parse_qsl(request.body.decode()))
        asked = path.split("/")[1]
        # Words such as `organizations`, and domains, stand for the home tenant.
        self.tenant = asked if asked.count("-") == 4 else TENANT
        self.scope = form.get("scope", self.scope)
        if path.endswith("/.well-known/openid-configuration"):
            return json_answer(200, self._configuration())
        if path.endswith("/devicecode"):
            return json_answer(200, self._device_code())
        if path.endswith("/token"):
            return self._token(form)
        return json_answer(404, {"error": "not_found", "error_description": path})

    def _configuration(self) -> dict[str, str]:
        here = f"{self.endpoint}/{self.tenant}"
        return {
            "issuer": f"{here}/v2.0",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
        }

    def _device_code(self) -> dict[str, Any]:
        # An interval of nothing: what waits for the person asks again at once.
        codes = {"device_code": DEVICE_CODE, "user_code": USER_CODE, "interval": 0, "expires_in": 900}
        return {**codes, "verification_uri": f"{self.endpoint}/device", "message": "Open the page."}

    def _token(self, form: dict[str, str]) -> Response:
        grant = form["grant_type"].rpartition(":")[2]
        self.grants.append(grant)
        if grant == "client_credentials":
            right = form.get("client_secret") == SECRET and form["client_id"] == APP
            return self._app_token() if right else _refused("invalid_client", "AADSTS7000215: Wrong secret.")
        if grant == "device_code" and self.pending:
            self.pending -= 1
            return _refused("authorization_pending", "AADSTS70016: Not yet.")
        if grant == "refresh_token" and not self.refreshes:
            return _refused("invalid_grant", "AADSTS700082: The refresh token has expired.")
        return self._persons_tokens(form["client_id"])

    def _app_token(self) -> Response:
        return self._answer({"idtyp": "app", "appid": APP, "app_displayname": "The pipeline", "oid": APP_OBJECT_ID}, {})

    def _persons_tokens(self, client_id: str) -> Response:
        claims = {
            "aud": client_id,
            "sub": PERSON_ID,
            "oid": PERSON_ID,
            "tid": self.tenant,
            "preferred_username": PERSON,
        }
        now = int(time.time())
        nonce = {"nonce": self.nonce} if self.nonce else {}
        more = {
            "id_token": jwt(
                {**claims, **nonce, "iss": f"{self.endpoint}/{self.tenant}/v2.0", "exp": now + 3600, "iat": now}
            ),
            "refresh_token": self._secret("refresh"),
            "client_info": _encoded({"uid": PERSON_ID, "utid": TENANT}),
            "scope": self.scope,
        }
        return self._answer({"idtyp": "user", "upn": PERSON, "oid": PERSON_ID, "name": "Ada"}, more)

    def _answer(self, claims: dict[str, Any], more: dict[str, Any]) -> Response:
        ends = int(time.time()) + self.expires_in
        token = jwt({**claims, "tid": self.tenant, "exp": ends, "jti": self._secret("access")})
        self.given.append(token)
        answer = {"token_type": "Bearer", "expires_in": self.expires_in, "access_token": token}
        return json_answer(200, {**answer, **more})

    def _secret(self, kind: str) -> str:
        made = f"{kind}-secret-{next(self._numbers)}"
        self.secrets.append(made)
        return made


def _refused(error: str, description: str) -> Response:
    return json_answer(400, {"error": error, "error_description": description})
