"""One table of requests, and what the verifier answers to each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "CHALLENGE", "GOOD", "Case"]

CHALLENGE = 'Bearer realm="pharia-access"'
INVALID = f'{CHALLENGE}, error="invalid_token"'
AMBIGUOUS = f'{CHALLENGE}, error="invalid_request"'
FORBIDDEN = f'{CHALLENGE}, error="insufficient_scope"'
GOOD = "authorization: Bearer GOOD"


@dataclass(frozen=True, slots=True)
class Case:
    """A request line and headers, in which GOOD, BAD and the like stand for tokens, and what must come back."""

    target: str
    status: int
    challenge: str | None = None
    headers: tuple[str, ...] = (GOOD,)
    method: str = "GET"


CASES = {
    "a good token, for nginx": Case("/auth/nginx", 200),
    "a good token, for Traefik and Caddy": Case("/auth/forward", 200),
    "a good token, for Envoy": Case("/auth/envoy/any/-/v1/models", 200),
    "any method, for Traefik": Case("/auth/forward", 200, method="DELETE"),
    "any method, for Envoy": Case("/auth/envoy/any/-/x", 200, method="PATCH"),
    "nginx asks by GET alone": Case("/auth/nginx", 405, method="POST"),
    "a HEAD for nginx": Case("/auth/nginx", 200, method="HEAD"),
    "no credentials": Case("/auth/nginx", 401, CHALLENGE, headers=()),
    "another scheme": Case("/auth/nginx", 401, CHALLENGE, headers=("authorization: Basic Zm9vOmJhcg==",)),
    "a scheme and nothing else": Case("/auth/nginx", 401, CHALLENGE, headers=("authorization: Bearer",)),
    "the scheme in capitals": Case("/auth/nginx", 200, headers=("AUTHORIZATION: BEARER GOOD",)),
    "the scheme in small letters": Case("/auth/nginx", 200, headers=("authorization: bearer GOOD",)),
    "several blanks": Case("/auth/nginx", 200, headers=("authorization: Bearer   GOOD",)),
    "two headers, for nginx": Case("/auth/nginx", 401, INVALID, headers=(GOOD, GOOD)),
    "two headers, for Traefik": Case("/auth/forward", 400, AMBIGUOUS, headers=(GOOD, GOOD)),
    "two headers, for Envoy": Case("/auth/envoy/any/-/", 400, AMBIGUOUS, headers=(GOOD, GOOD)),
    "a pair with a comma": Case("/auth/forward", 400, AMBIGUOUS, headers=("authorization: Bearer GOOD,GOOD",)),
    "an overlong token": Case("/auth/nginx", 401, INVALID, headers=(f"authorization: Bearer {'x' * 257}",)),
    "no token at all": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer hello",)),
    "bytes that are not ASCII": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer \xe4\xf6",)),
    "an unknown token": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer UNKNOWN",)),
    "a forged secret": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer FORGED",)),
    "a revoked token": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer REVOKED",)),
    "an expired token": Case("/auth/nginx", 401, INVALID, headers=("authorization: Bearer EXPIRED",)),
    "a role that is held": Case("/auth/nginx?role=studio-user", 200),
    "a role that is not held": Case("/auth/nginx?role=admin", 403, FORBIDDEN),
    "one of two roles, all asked": Case("/auth/nginx?role=studio-user&role=admin", 403, FORBIDDEN),
    "one of two roles, any asked": Case("/auth/nginx?role=studio-user&role=admin&satisfy=any", 200),
    "a permission that is held": Case("/auth/forward?permission=AccessModel;model=a%2Fb", 200),
    "a permission that is not held": Case("/auth/forward?permission=KernelAccess", 403, FORBIDDEN),
    "a misspelled requirement": Case("/auth/nginx?rolle=studio-user", 403, FORBIDDEN),
    "an empty requirement": Case("/auth/nginx?role=", 403, FORBIDDEN),
    "a bad token and a misspelled requirement": Case(
        "/auth/nginx?x", 401, INVALID, headers=("authorization: Bearer hello",)
    ),
    "Envoy with a role": Case("/auth/envoy/role=studio-user/-/v1?role=admin", 200),
    "Envoy with a role that is not held": Case("/auth/envoy/role=admin/-/v1", 403, FORBIDDEN),
    "Envoy without the separator": Case("/auth/envoy/any/v1", 403, FORBIDDEN),
    "Envoy with an empty requirement": Case("/auth/envoy//-/v1", 403, FORBIDDEN),
    "Envoy with a path that climbs": Case("/auth/envoy/role=admin/-/../../any/-/", 403, FORBIDDEN),
    "Envoy at the separator's end": Case("/auth/envoy/any/-", 200),
    "a path that only begins alike": Case("/auth/nginx/", 404),
    "an encoded path": Case("/auth%2Fnginx", 404),
    "an unknown path": Case("/nothing", 404),
    "headers that look like ours": Case(
        "/auth/nginx", 200, headers=(GOOD, "x-auth-roles: admin", "x-auth-subject: me")
    ),
    "a header of an original request": Case(
        "/auth/nginx", 401, CHALLENGE, headers=("x-original-url: /auth/nginx", "x-forwarded-uri: /")
    ),
    "a request that wants its connection closed": Case("/auth/nginx", 200, headers=(GOOD, "connection: close")),
    "a body that nobody asked for": Case(
        "/auth/forward", 200, headers=(GOOD, "transfer-encoding: chunked"), method="POST"
    ),
}
