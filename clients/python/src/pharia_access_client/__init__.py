"""Check tokens of pharia-access in a Python service.

`Access` is ASGI middleware. `pharia_access_client.fastapi` has `require` for FastAPI and Starlette,
`pharia_access_client.vllm` a class for `vllm serve --middleware`, `pharia_access_client.litellm` a function for
`custom_auth`, and `pharia_access_client.pytest_plugin` a fake verifier for tests.

No answer is kept: each request is one question to the verifier, so that a revocation holds at once.
"""

from pharia_access_client.caller import Caller, caller_of
from pharia_access_client.middleware import Access
from pharia_access_client.requirements import Permission, Requirement, permission, role
from pharia_access_client.verdicts import AccessRefused, Held, Identity, Refused
from pharia_access_client.verifier import Verifier

__all__ = [
    "Access",
    "AccessRefused",
    "Caller",
    "Held",
    "Identity",
    "Permission",
    "Refused",
    "Requirement",
    "Verifier",
    "caller_of",
    "permission",
    "role",
]
