"""Finds a token's credential: in the cache where that is enough, by a live read where it is not."""

from pharia_access.domain.lifecycle.decisions import Observed
from pharia_access.domain.model import Credential, ObjectKey, Policy, Token
from pharia_access.errors import ConflictError, InvalidObjectError, NotFoundError
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.scopes import Scopes

__all__ = ["GONE_SECONDS", "CredentialLookup"]

GONE_SECONDS = 5.0
"""How long a live read that did not find a credential stands for all its tokens: they may be 10,000."""


class CredentialLookup:
    """Use from one event loop."""

    def __init__(self, ports: Ports, *, cache: ClusterCache, scopes: Scopes, policy: Policy) -> None:
        self._cluster, self._clock = ports.cluster, ports.clock
        self._cache = cache
        self._scopes = scopes
        self._policy = policy
        self._gone: dict[str, float] = {}  # UIDs of credentials that were not found, and when

    async def observe(self, token: Token) -> Observed:
        """The token with its credential. Raises ConflictError, UnavailableError, ForbiddenError.

        Read live where the cache may be old, or would have the token fail or go. So it is where the token records none
        yet: what is recorded stays, and under one that was deleted before the token came, the token would go too.
        """
        key = ObjectKey(token.key.namespace, token.spec.credential_name)
        known, recorded = self._cache.credentials.get(key), token.status.credential
        observed = Observed(token, known, self._policy)
        if known is not None and self._scopes.of(key.namespace).is_current and recorded == known.identity:
            return observed
        if known is None and self._is_known_to_be_gone(token):
            return observed
        try:
            return Observed(token, await self._read(key), self._policy)
        except NotFoundError:
            if recorded is not None:
                self._gone[recorded.uid] = self._clock.monotonic()
            return Observed(token, None, self._policy)
        except InvalidObjectError:
            return Observed(token, None, self._policy, credential_invalid=True)

    async def _read(self, key: ObjectKey) -> Credential:
        """Read it live, for the cache too, which must not get back what a watch told meanwhile is gone."""
        with self._cache.listing():
            credential = await self._cluster.read_credential(key)
            if self._cache.has_tombstone(credential.uid):
                message = f"ApiCredential {key} was deleted while it was read"
                raise ConflictError(message)
        self._cache.apply_credential(credential)
        return credential

    def _is_known_to_be_gone(self, token: Token) -> bool:
        """Whether its credential was looked for just now. Where another of the name would save the token, ask anew."""
        now, recorded = self._clock.monotonic(), token.status.credential
        self._gone = {uid: when for uid, when in self._gone.items() if now - when < GONE_SECONDS}
        return recorded is not None and recorded.uid in self._gone and not self._policy.declared_elsewhere(token)
