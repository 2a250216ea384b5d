"""Which headers of a gateway's check count: those with its token, and those that its requirement may name."""

from collections.abc import Collection, Sequence
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.requirement_headers import Asked, RequirementHeaders
from pharia_access.domain.verification.token_headers import TokenHeader, TokenHeaders
from pharia_access.entrypoints.verifier.gateways import Gateway, Gateways

__all__ = ["USUAL", "CheckHeaders"]

Headers = Sequence[tuple[bytes, bytes]]
"""All of a request; names in lower case."""


class CheckHeaders:
    """What an administrator lists.

    Args:
        tokens: where a token may come beside `Authorization: Bearer`.
        requirements: what requirements may name.

    Attributes:
        are_usual: nothing is listed: the token comes by `Authorization: Bearer`, and no header is in a requirement.
    """

    def __init__(self, tokens: Collection[TokenHeader] = (), requirements: Collection[str] = ()) -> None:
        self.are_usual = not (tokens or requirements)
        self.tokens = TokenHeaders(tokens)
        self.requirements = RequirementHeaders(requirements)
        self.gateways = Gateways(self.tokens)

    def find(self, path: bytes, query: bytes) -> tuple[Gateway, str] | None:
        """Return a check's protocol and its requirement as text, as `Gateways.find`."""
        return self.gateways.find(path, query)

    def token(self, headers: Headers) -> bytes | Refusal:
        """Return the token of a check, or the refusal."""
        return self.tokens.read(headers)

    def asked(self, requirement: str, headers: Headers) -> Asked:
        """Return what is asked of the token, with the headers' values in it."""

        def values(wanted: str) -> Sequence[bytes]:
            name = wanted.encode("ascii")
            return [value for key, value in headers if key == name]

        return self.requirements.bind(requirement, values)


USUAL: Final = CheckHeaders()
