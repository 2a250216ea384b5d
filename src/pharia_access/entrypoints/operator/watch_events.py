"""Watch events, translated for the intake, in the operator's loop."""

from collections.abc import Callable, Mapping
from typing import Any

from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import invalid_object, to_credential, to_role, to_token
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.intake import Intake
from pharia_access.settings.operator import OperatorSettings

__all__ = ["Event", "WatchEventDecoder"]

Event = Mapping[str, Any]


class WatchEventDecoder:
    """Translates watch events for the intake. Runs in the operator's loop."""

    def __init__(self, *, intake: Intake, view: ClusterCache, settings: OperatorSettings) -> None:
        self._intake = intake
        self._view = view
        self._window = settings.default_window

    def token(self, event: Event) -> None:
        """An ApiToken was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._intake.token_gone(key, uid)
        elif not self._view.knows(key, body["metadata"]["resourceVersion"]):
            self._guarded("ApiToken", body, lambda: self._intake.token_seen(to_token(body, self._window)))

    def credential(self, event: Event) -> None:
        """An ApiCredential was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._intake.credential_gone(key, uid)
        else:
            self._guarded("ApiCredential", body, lambda: self._intake.credential_seen(to_credential(body)))

    def role(self, event: Event) -> None:
        """An ApiRole was added, changed or deleted."""
        body = event["object"]
        if event["type"] == "DELETED":
            self._intake.role_gone(body["metadata"]["name"])
        else:
            self._guarded("ApiRole", body, lambda: self._intake.role_seen(to_role(body)))

    def _guarded(self, kind: Kind, body: Mapping[str, Any], take_in: Callable[[], None]) -> None:
        try:
            take_in()
        except InvalidObjectError as error:
            self._intake.malformed_seen(invalid_object(kind, body, str(error)))


def _identity(body: Mapping[str, Any]) -> tuple[ObjectKey, str]:
    metadata = body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"]), metadata["uid"]
