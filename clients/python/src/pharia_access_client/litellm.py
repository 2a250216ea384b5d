"""A function for LiteLLM: `custom_auth: pharia_access_client.litellm.user_api_key_auth`.

A request passes if the token's credential holds `AccessModel` for every model that the request names. What names no
model, or lets the client choose others (its own fallbacks), needs `AccessModel` for every model: what cannot be told is
not allowed. The administration of LiteLLM is refused: no role of ours stands for it.

LiteLLM itself says which models a request names. It does not say all: where body and path name different ones, it tells
the body's and takes the path's. So whatever path, query or a header calls a model is asked for too.
"""

from typing import Any

from fastapi import Request
from litellm.proxy._types import LiteLLMRoutes, LitellmUserRoles, ProxyException, UserAPIKeyAuth
from litellm.proxy.auth.auth_utils import get_model_from_request
from litellm.proxy.auth.route_checks import RouteChecks
from litellm.proxy.common_utils.http_parsing_utils import _read_request_body

from pharia_access_client.credentials import read_token, without_credentials
from pharia_access_client.requirements import Permission
from pharia_access_client.rules import route_path
from pharia_access_client.settings import verifier_from
from pharia_access_client.verdicts import Held, Refused

__all__ = ["user_api_key_auth"]

_TOKEN_HEADERS = (b"x-api-key", b"api-key", b"x-goog-api-key", b"ocp-apim-subscription-key", b"x-litellm-api-key")
_CHOICES_OF_THE_CLIENT = frozenset(
    {
        "fallbacks",
        "context_window_fallbacks",
        "content_policy_fallbacks",
        "router_settings_override",
        "user_config",
        "model_list",
        "models",
        "extra_body",  # replaces the model in the request to the vendor
    }
)
_ANY_MODEL = "*"
_LISTS = frozenset({"/models", "/v1/models"})
_VERIFIER = verifier_from()


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:  # noqa: ARG001 - LiteLLM's signature
    """Let a request pass, or raise what LiteLLM answers with. The token is read from the request's own headers."""
    token = read_token(request.scope["headers"], _TOKEN_HEADERS)
    request.scope["headers"][:] = without_credentials(request.scope["headers"], _TOKEN_HEADERS)
    if isinstance(token, Refused):
        raise _refusal(token)
    asked = tuple(Permission("AccessModel", (("model", model),)) for model in await _models(request))
    verdict = await _VERIFIER.held(token, asked)
    if isinstance(verdict, Held) and set(verdict.permissions) != set(asked):
        verdict = Refused.insufficient()
    if isinstance(verdict, Refused):
        raise _refusal(verdict)
    return UserAPIKeyAuth(user_id=verdict.subject, user_role=LitellmUserRoles.INTERNAL_USER)


async def _models(request: Request) -> list[str]:
    route = route_path(request.scope)
    if route in _LISTS and request.scope.get("method") == "GET":
        return []
    if not (RouteChecks.is_llm_api_route(route) or route in LiteLLMRoutes.llm_api_routes.value):
        raise _refusal(Refused.insufficient())
    body: dict[str, Any] = await _read_request_body(request=request)
    if _CHOICES_OF_THE_CLIENT & body.keys():
        return [_ANY_MODEL]
    named = get_model_from_request(
        body,
        route,
        request_headers=dict(request.headers),
        request_query_params=dict(request.query_params),
        request=request,
    )
    models = {named} if isinstance(named, str) else set(named or ())
    return sorted(models | _named_outside_the_body(request)) or [_ANY_MODEL]


def _named_outside_the_body(request: Request) -> set[str]:
    pairs = [*request.path_params.items(), *request.query_params.multi_items(), *request.headers.items()]
    return {value for name, value in pairs if "model" in name.lower() and isinstance(value, str)}


def _refusal(refused: Refused) -> ProxyException:
    # Of an HTTPException LiteLLM would drop the headers.
    return ProxyException(refused.description, refused.error, param=None, code=refused.status, headers=refused.headers)
