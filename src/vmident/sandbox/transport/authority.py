"""What stands beside ARM in a cloud: its metadata, and the authority that gives tokens to service principals.

Shapes: the OpenID Connect metadata and the client credentials grant of Microsoft's identity platform (its pages
'OpenID Connect on the Microsoft identity platform' and 'OAuth 2.0 client credentials flow'); ARM's
`/metadata/endpoints` as the Azure CLI and Azure PowerShell read it.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import EMPTY_TENANT, PERSON_ID, PERSON_NAME, TENANT

if TYPE_CHECKING:
    from vmident.sandbox.http_messages import Request

CLIENT_ID = "c11e0000-0e5a-4d5b-8f2b-1b7a5c0ffee4"
_TOKEN_SECONDS = 86_399
_PATH = re.compile(
    r"/(?P<tenant>[^/]+)/(?P<rest>v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/token|discovery/v2\.0/keys)"
)


@dataclass(frozen=True)
class Authority:
    """One application that may sign in, by its secret; it signs in as the sandbox's one user.

    Its tokens are for Azure Resource Manager, at `endpoint`, or for Microsoft Graph, at `graph_endpoint`.
    """

    endpoint: str
    secret: str
    signature: str
    graph_endpoint: str = ""

    def token(self, issued: int, tenant: str = TENANT, audience: str | None = None) -> str:
        """Return the access token of a sign-in at `issued` (epoch seconds): a JWT whose signature is this authority's.

        Its claims are those that clients read; `tenant_of` compares tokens to check them. `audience` is the service
        that it is for, Azure Resource Manager where none is named.
        """
        claims = {
            "aud": audience or self.endpoint,
            "iss": f"{self.endpoint}/{tenant}/v2.0",
            "iat": issued,
            "nbf": issued,
            "exp": issued + _TOKEN_SECONDS,
            "appid": CLIENT_ID,
            "idtyp": "app",
            "oid": PERSON_ID,
            "sub": PERSON_ID,
            "tid": tenant,
            "app_displayname": PERSON_NAME,
            "ver": "1.0",
        }
        return ".".join((_sealed({"typ": "JWT", "alg": "none"}), _sealed(claims), self.signature))

    def tenant_of(self, token: str, now: float, audience: str | None = None) -> str | None:
        """Return the tenant of a token that `token` made and that has not expired, `None` for any other.

        `audience` is the service that it has to be for, Azure Resource Manager where none is named.
        """
        end, tenant = self._end_and_tenant(token, audience or self.endpoint)
        return tenant if now < end else None

    @lru_cache(maxsize=64)  # noqa: B019 - one authority lives as long as its server
    def _end_and_tenant(self, token: str, audience: str) -> tuple[int, str | None]:
        """Return when a token of this authority for a service expires, in epoch seconds, and its tenant."""
        try:
            claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
            tenant = str(claims["tid"])
            is_ours = hmac.compare_digest(token.encode(), self.token(int(claims["iat"]), tenant, audience).encode())
            return (int(claims["exp"]), tenant) if is_ours else (0, None)
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
            return 0, None

    def answer(self, request: Request, now: float) -> Response | None:
        """Answer what is asked of the authority or of the cloud's metadata; None for what is ARM's to answer."""
        path = urlsplit(request.url).path
        if path == "/metadata/endpoints":
            return json_answer(200, self._metadata(request))
        if path == "/common/discovery/instance":
            return json_answer(200, self._instance())
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        if found["tenant"].lower() not in (TENANT, EMPTY_TENANT, "organizations", "common"):
            return _refused(400, "invalid_tenant", f"AADSTS90002: Tenant '{found['tenant']}' not found.")
        if found["rest"].endswith("token"):
            return (
                self._granted(request, found["tenant"].lower(), int(now)) if request.method == "POST" else Response(405)
            )
        if found["rest"].endswith("keys"):
            return json_answer(200, {"keys": []})  # no client checks the signature of a token that is not for it
        return json_answer(200, self._configuration(found["tenant"]))

    def _granted(self, request: Request, tenant: str, now: int) -> Response:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused(
                400, "unsupported_grant_type", "AADSTS70003: The sandbox signs in service principals alone."
            )
        if form.get("client_id") != CLIENT_ID:
            message = f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found."
            return _refused(400, "unauthorized_client", message)
        if not hmac.compare_digest(form.get("client_secret", "").encode(), self.secret.encode()):
            return _refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        signed_in_to = EMPTY_TENANT if tenant == EMPTY_TENANT else TENANT
        is_graph = bool(self.graph_endpoint) and form.get("scope", "").startswith(f"{self.graph_endpoint}/")
        access_token = self.token(now, signed_in_to, self.graph_endpoint if is_graph else None)
        token = {"token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "ext_expires_in": _TOKEN_SECONDS}
        return json_answer(200, {**token, "access_token": access_token}, {"cache-control": "no-store"})

    def _configuration(self, tenant: str) -> dict[str, Any]:
        """Return the members of Microsoft's document. MSAL for JavaScript refuses one without `jwks_uri`."""
        here, host = f"{self.endpoint}/{tenant}", urlsplit(self.endpoint).netloc
        graph = urlsplit(self.graph_endpoint or self.endpoint).netloc
        return {
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "jwks_uri": f"{here}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{self.endpoint}/{EMPTY_TENANT if tenant.lower() == EMPTY_TENANT else TENANT}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{self.endpoint}/oidc/userinfo",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{here}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver", "name", "oid", "appid"],
            "kerberos_endpoint": f"{here}/kerberos",
            "tenant_region_scope": None,
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": graph,
            "rbac_url": self.endpoint,
        }

    def _instance(self) -> dict[str, Any]:
        host = urlsplit(self.endpoint).netloc
        metadata = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        configuration = f"{self.endpoint}/{TENANT}/v2.0/.well-known/openid-configuration"
        return {"tenant_discovery_endpoint": configuration, "api-version": "1.1", "metadata": [metadata]}

    def _metadata(self, request: Request) -> Any:
        """Return the cloud's endpoints: a list of clouds in version 2019-05-01, this one alone in the others."""
        authentication = {
            "loginEndpoint": self.endpoint,
            "audiences": [self.endpoint],
            "tenant": TENANT,
            "identityProvider": "AAD",
        }
        cloud = {
            "name": "vmident-sandbox",
            "portal": self.endpoint,
            "authentication": authentication,
            "graphAudience": self.endpoint,
            "graph": self.endpoint,
            "microsoftGraphResourceId": self.graph_endpoint or self.endpoint,
            "resourceManager": self.endpoint,
            "suffixes": {"storage": "storage.sandbox.invalid", "keyVaultDns": "vault.sandbox.invalid"},
        }
        return [cloud] if "api-version=2019-05-01" in request.url else cloud


def _sealed(content: dict[str, Any]) -> str:
    text = json.dumps(content, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _refused(status: int, error: str, description: str) -> Response:
    return json_answer(status, {"error": error, "error_description": description, "error_codes": []})
