"""A verifier that asks about ServiceAccounts' tokens, and an API server that is played."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pharia_access.domain.verdict import CredentialRecord
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.token_reviews import TokenReviews
from pharia_access.services.verifier.verifier import Allowed
from tests.support.verifier.service_account_tokens import NOW, PlayedIssuer, claims_of_pod
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

if TYPE_CHECKING:
    from pharia_access.domain.verification.service_accounts import Claims
    from pharia_access.errors import ApiError
    from tests.support.fakes.virtual_time import FakeClock

__all__ = ["PER_SECOND", "ReviewingVerifier"]

PER_SECOND = 100


class PlayedApiServer:
    """Answers reviews after a while."""

    def __init__(self) -> None:
        self.good, self.takes = True, 0.0
        self.error: ApiError | None = None
        self.asked: list[float] = []
        self.at_once = self.most_at_once = 0
        self.outcomes: list[str] = []

    def token_reviewed(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    async def review(self, _presented: bytes, _claims: Claims) -> bool:
        self.asked.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes)
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        return self.good


class ReviewingVerifier:
    """A verifier that reviews, with the credential finance/invoice-bot; its clock is the simulated one."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.api, self.issuer = clock, PlayedApiServer(), PlayedIssuer()
        reviews = TokenReviews(self.api, rate_limiter=RateLimiter(clock, PER_SECOND), now=self.now, metrics=self.api)
        self.server = VerifierServer(service_accounts=self.issuer, reviews=reviews)
        self.hold("finance")
        self.text = self.issuer.sign(claims_of_pod())

    def now(self) -> float:
        self.server.now = NOW + self.clock.monotonic()
        return self.server.now

    def hold(self, namespace: str, *holders: str, uid: str = SUBJECT) -> None:
        accounts = dict.fromkeys(holders or ("invoice-bot",), "")
        record = CredentialRecord(namespace, "invoice-bot", uid, ("studio-user",), service_accounts=accounts)
        self.server.index.put_credential_record(record)

    def another(self, number: int, namespace: str = "finance") -> bytes:
        """A good token of another pod."""
        claims = claims_of_pod(jti=f"jti-{number}", sub=f"system:serviceaccount:{namespace}:invoice-bot")
        claims["kubernetes.io"]["namespace"] = namespace
        return self.issuer.sign(claims)

    async def verdict(self, text: bytes | None = None) -> str:
        self.now()
        found = await self.server.verifier.verify(text or self.text)
        return "accepted" if isinstance(found, Allowed) else found.refusal.value
