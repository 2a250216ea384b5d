"""Keeps what a verifier tells its metrics, its auditor and its log of uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pharia_access.domain.verdict import IssuedToken, Proof, Refusal
    from pharia_access.services.verifier.authorizer import Contract

__all__ = ["Journal"]


@dataclass(slots=True)
class Journal:
    """Answers metrics, auditor and use log; keeps what it was told."""

    decided_: list[tuple[str, str]] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    refused_: list[tuple[str, str, str]] = field(default_factory=list)
    used_: list[str] = field(default_factory=list)
    inspected_: list[tuple[object, ...]] = field(default_factory=list)

    def decided(self, contract: Contract, refusal: Refusal | None, seconds: float, *, proof: Proof) -> None:
        assert seconds >= 0
        self.proofs.append(proof)
        self.decided_.append((contract.value, "ok" if refusal is None else refusal.value))

    def refused(self, contract: Contract, reason: Refusal, *, token: IssuedToken | None, detail: str = "") -> None:
        self.refused_.append((contract.value, reason.value, detail))

    def accepted(self, contract: Contract, token: IssuedToken) -> None:
        pass

    def inspected(self, *asked: object) -> None:
        """Of the auditor, with a contract, and of the last uses, without."""
        self.inspected_.append(asked)

    def used(self, token: IssuedToken) -> None:
        self.used_.append(token.token_id)
