"""The issuer of a benchmark's ServiceAccount tokens: its keys lie in a file, and each reading of them is noted.

It stands in the place of the API server alone. How often keys are read, and when not, is the verifier's own.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from typing import TYPE_CHECKING, Final

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.domain.keyring import Digester
from pharia_access.domain.verdict import RULES, CredentialRecord
from pharia_access.domain.verification.signatures import Issuer, read_signing_keys
from pharia_access.services.verifier.issuer_keys import FollowedIssuer
from pharia_access.services.verifier.service_accounts import ServiceAccountVerifier
from pharia_access.services.verifier.signature_queue import SignatureQueue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pharia_access.services.verifier.freshness import Freshness
    from pharia_access.services.verifier.index import Index
    from pharia_access.telemetry.verifier_metrics import VerifierMetrics

__all__ = ["HELD", "HOLDER", "ISSUER", "LIFE", "NAMESPACE", "UID", "FileOfKeys", "jwt_verifier", "readings_of"]

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
NAMESPACE, HELD, HOLDER = "team", "bot-held", "worker"
UID: Final = "a087d5a0-e1dd-43ec-93ac-f13d89cd13af"
LIFE: Final = 7200.0
_READING_SECONDS: Final = 0.005
"""How long a reading takes, as over a network."""


class FileOfKeys:
    """Answers `services.verifier.issuer_keys.IssuerReader`."""

    def __init__(self, keys: Path) -> None:
        self._keys, self._text = keys, b""

    async def read_issuer(self, known: Issuer | None) -> Issuer:
        """The same object, as long as the file stays the same."""
        await asyncio.sleep(_READING_SECONDS)
        with _noted(self._keys).open("ab") as notes:
            notes.write(b".")
        text = self._keys.read_bytes()
        if known is not None and text == self._text:
            return known
        self._text = text
        return Issuer(ISSUER, read_signing_keys(text))


def readings_of(keys: Path) -> int:
    """How often they have been read."""
    return _noted(keys).stat().st_size


def _noted(keys: Path) -> Path:
    return keys.with_suffix(".readings")


def jwt_verifier(
    keys: Path, index: Index, freshness: Freshness, *, now: Callable[[float], float], metrics: VerifierMetrics
) -> tuple[ServiceAccountVerifier, FollowedIssuer]:
    """A verifier of ServiceAccounts' tokens with a credential that one holds; run the issuer beside it."""
    clock = SystemClock()
    held = CredentialRecord(NAMESPACE, HELD, f"{UID}-held", ("studio-user",), service_accounts={HOLDER: ""})
    index.put_credential_record(held)
    issuer = FollowedIssuer(
        FileOfKeys(keys),
        clock=clock,
        bound=300.0,
        changed=index.note_other_change,
        metrics=metrics,
        chance=random.random,
    )
    verifier = ServiceAccountVerifier(
        issuer,
        index=index,
        freshness=freshness,
        boottime=clock.boottime,
        now=now,
        rules=RULES,
        digest=Digester(secrets.token_bytes(32)).digest,
        queue=SignatureQueue(),
        life=LIFE,
    )
    return verifier, issuer
