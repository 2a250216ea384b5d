"""All that a WorkloadToken's rules look at, beside the object and its ApiTokens: what this replica knows around it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pharia_access.domain.lifecycle.workload.decisions import Observed, Sight
from pharia_access.domain.model import Credential, ObjectKey, Policy, Token
from pharia_access.domain.workload import WorkloadToken
from pharia_access.services.operator.cluster_cache import ClusterCache

__all__ = ["Surroundings", "WorkloadOptions"]


@dataclass(frozen=True, slots=True)
class WorkloadOptions:
    """The settings that concern WorkloadTokens alone.

    Attributes:
        settle: how long a token is known to verifiers before it takes another's place: as long as their view may
            be old.
        refuse_issued_before: the moment up to which a restored cluster's tokens are void; those are replaced.
    """

    settle: timedelta = timedelta(minutes=5)
    refuse_issued_before: datetime | None = None


class Surroundings:
    """Use from one event loop.

    Args:
        guards_objection: why the guards do not hold; empty while they do.
    """

    def __init__(
        self,
        cache: ClusterCache,
        *,
        policy: Policy,
        options: WorkloadOptions,
        guards_objection: Callable[[], str],
    ) -> None:
        self._cache = cache
        self._policy = policy
        self._options = options
        self._guards_objection = guards_objection
        self._sights: dict[ObjectKey, tuple[str, int, Sight]] = {}

    def observe(self, workload: WorkloadToken, children: Mapping[str, Token]) -> Observed:
        """The object with all that is known of it."""
        key = ObjectKey(workload.key.namespace, workload.spec.credential_name)
        credential = self._cache.credentials.get(key)
        return Observed(
            workload,
            children,
            credential,
            self._policy,
            self._options.settle,
            credential_invalid=credential is None and self._cache.invalid_object("ApiCredential", key) is not None,
            guards_objection=self._guards_objection(),
            rival=self._cache.workloads.rival(workload),
            slot_free=credential is None or self._slot_free(credential, workload),
            secret=self._sight(workload),
            refuse_issued_before=self._options.refuse_issued_before,
        )

    def saw(self, workload: WorkloadToken, sight: Sight | None) -> None:
        """Note what a look at the Secret found, against the current revision."""
        current = workload.status.current
        if sight is None or current is None:
            self._sights.pop(workload.key, None)
        else:
            self._sights[workload.key] = (workload.uid, current.revision, sight)

    def forget(self, key: ObjectKey) -> None:
        """The object is gone."""
        self._sights.pop(key, None)

    def _sight(self, workload: WorkloadToken) -> Sight | None:
        """What was found of the Secret; nothing that was found of an earlier revision counts."""
        uid, revision, sight = self._sights.get(workload.key, ("", 0, Sight.HELD))
        current = workload.status.current
        return sight if current is not None and (uid, revision) == (workload.uid, current.revision) else None

    def _slot_free(self, credential: Credential, workload: WorkloadToken) -> bool:
        """One that has a place keeps it: whatever its overlap, it counts as one."""
        most, tokens = credential.policy.max_tokens, self._cache.tokens
        return most is None or tokens.has_place(credential.key, workload.uid) or tokens.taken_of(credential.key) < most
