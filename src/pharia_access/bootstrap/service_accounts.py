"""Builds what verifies the tokens of ServiceAccounts, where they are taken."""

import random
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.domain.holders import BoundObjects
from pharia_access.domain.keyring import Digester
from pharia_access.domain.verdict import Rule
from pharia_access.kube.client import Connection
from pharia_access.kube.verifier.issuer import KubeIssuerReader
from pharia_access.kube.verifier.token_reviews import KubeTokenReviewer
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.index_updater import VerifierState
from pharia_access.services.verifier.issuer_keys import FollowedIssuer
from pharia_access.services.verifier.service_accounts import ServiceAccountVerifier
from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.token_reviews import TokenReviews
from pharia_access.settings.verifier import VerifierSettings
from pharia_access.telemetry.verifier_metrics import VerifierMetrics

__all__ = ["service_account_verifier"]

_OWN_KEY_BYTES: Final = 32
_REVIEWS_PER_SECOND: Final = 100.0

Work = Callable[[], Awaitable[None]]


def service_account_verifier(  # noqa: PLR0913 - what the verifier itself is built from
    settings: VerifierSettings,
    connection: Connection,
    view: VerifierState,
    *,
    now: Callable[[float], float],
    rules: tuple[Rule, ...],
    metrics: VerifierMetrics,
) -> tuple[ServiceAccountVerifier | None, tuple[Work, ...]]:
    """Return the verifier, and the coroutines that must run beside it; None and nothing where none is wanted."""
    if not settings.service_accounts:
        return None, ()
    clock, timeout = SystemClock(), settings.request_timeout.total_seconds()
    issuer = FollowedIssuer(
        KubeIssuerReader(connection, timeout_seconds=timeout),
        clock=clock,
        bound=settings.view_bound.total_seconds(),
        changed=view.index.note_other_change,
        metrics=metrics,
        chance=random.random,
    )
    reviews = TokenReviews(
        KubeTokenReviewer(connection, timeout_seconds=timeout),
        rate_limiter=RateLimiter(clock, _REVIEWS_PER_SECOND),
        now=lambda: now(clock.boottime()),
        metrics=metrics,
    )
    verifier = ServiceAccountVerifier(
        issuer,
        index=view.index,
        freshness=view.freshness,
        boottime=clock.boottime,
        now=now,
        rules=rules,
        digest=Digester(secrets.token_bytes(_OWN_KEY_BYTES)).digest,
        queue=SignatureQueue(),
        life=settings.service_accounts_longest_life.total_seconds(),
        reviews=reviews if settings.service_accounts_bound_objects is BoundObjects.LIVE else None,
    )
    return verifier, (issuer.run,)
