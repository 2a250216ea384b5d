"""Watch events, decoded for the operator's cache, in its event loop."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import invalid_object, to_credential, to_role, to_token
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.settings.operator import OperatorSettings

__all__ = ["Event", "WatchEventDecoder"]

Event = Mapping[str, Any]


class WatchEventDecoder:
    """Decodes what a watch shows. Runs in the operator's event loop."""

    def __init__(self, cache: ClusterCache, settings: OperatorSettings) -> None:
        self._cache = cache
        self._window = settings.default_window

    def token(self, event: Event) -> None:
        """An ApiToken was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._cache.remove_token(key, uid)
        else:
            with self._invalid_told("ApiToken", body):
                version = body["metadata"]["resourceVersion"]
                self._cache.apply_encoded_event(key, version, lambda: to_token(body, self._window))

    def credential(self, event: Event) -> None:
        """An ApiCredential was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._cache.remove_credential(key, uid)
        else:
            with self._invalid_told("ApiCredential", body):
                self._cache.apply_credential(to_credential(body))

    def role(self, event: Event) -> None:
        """An ApiRole was added, changed or deleted."""
        body = event["object"]
        if event["type"] == "DELETED":
            self._cache.remove_role(body["metadata"]["name"])
        else:
            with self._invalid_told("ApiRole", body):
                self._cache.apply_role(to_role(body))

    @contextmanager
    def _invalid_told(self, kind: Kind, body: Mapping[str, Any]) -> Iterator[None]:
        try:
            yield
        except InvalidObjectError as error:
            self._cache.apply_invalid(invalid_object(kind, body, str(error)))


def _identity(body: Mapping[str, Any]) -> tuple[ObjectKey, str]:
    metadata = body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"]), metadata["uid"]
