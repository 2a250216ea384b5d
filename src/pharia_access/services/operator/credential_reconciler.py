"""Keeps a credential's status true: which of its roles resolve, and how many tokens it has."""

from datetime import datetime

from pharia_access.domain.lifecycle import credential_rules
from pharia_access.domain.model import Credential, CredentialStatus, ObjectKey, TokenCounts
from pharia_access.errors import NotFoundError
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.ports import Ports

__all__ = ["CredentialReconciler"]


class CredentialReconciler:
    """Counts come from the cache: they are bookkeeping, and the next change corrects them."""

    def __init__(self, ports: Ports, cache: ClusterCache) -> None:
        self._cluster, self._recorder, self._clock = ports.cluster, ports.recorder, ports.clock
        self._cache = cache

    async def reconcile(self, key: ObjectKey, *, live: bool = False) -> None:
        """Write the credential's status if it says anything else than what is so.

        `live` reads it also where the cache shows no need. Raises the leaves of ApiError, InvalidObjectError.
        """
        known = self._cache.credentials.get(key)
        counts, now = self._cache.tokens.counts(key), self._clock.now()
        if not live and (known is None or self._decide(known, counts, now) is None):
            return
        with self._cache.listing():
            try:
                credential = await self._cluster.read_credential(key)
            except NotFoundError:
                self._cache.remove_credential(key, None if known is None else known.uid)
                return
            status = self._decide(credential, counts, now)
            written = credential
            if status is not None:
                written = await self._cluster.write_credential_status(credential, status)
            self._cache.apply_credential(written)
        for notice in () if status is None else credential_rules.notices(credential, status):
            self._recorder.record(notice)

    def _decide(self, credential: Credential, counts: TokenCounts, now: datetime) -> CredentialStatus | None:
        return credential_rules.decide(credential, catalog=self._cache.catalog, counts=counts, now=now)
