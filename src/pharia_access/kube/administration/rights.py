"""What the API server says of a person's own rights, beside RBAC's bindings."""

from typing import Final

import msgspec

from pharia_access.domain.administration.powers import OwnRights
from pharia_access.errors import UnavailableError
from pharia_access.kube.administration.bindings import KubeBindings, RuleEntry
from pharia_access.kube.http import Request

__all__ = ["KubeRights"]

_PATH: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_REVIEW: Final = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}


class _Status(msgspec.Struct):
    rules: list[RuleEntry] | None = msgspec.field(name="resourceRules", default=None)
    incomplete: bool = False
    error: str = msgspec.field(name="evaluationError", default="")


class _Review(msgspec.Struct):
    status: _Status


_decoder: Final = msgspec.json.Decoder(_Review)


class KubeRights(KubeBindings):
    """Implements `services.administration.rights.RightsReader`."""

    async def read_own_rights(self, namespace: str) -> OwnRights:
        """Return what the cluster lists of one's own rights there. Raises the leaves of ApiError."""
        body = {**_REVIEW, "spec": {"namespace": namespace}}
        answer = await self._connection.send(Request("POST", _PATH, self._timeout, body))
        try:
            status = _decoder.decode(answer).status
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = f"POST {_PATH}: the answer cannot be read"
            raise UnavailableError(message) from None
        return OwnRights(tuple(each.rule() for each in status.rules or ()), status.incomplete, status.error)
