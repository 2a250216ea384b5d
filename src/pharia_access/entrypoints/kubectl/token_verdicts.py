"""A token's phase and verdict, in words."""

from pharia_access.domain.administration.summaries import TokenSummary

__all__ = ["agrees", "phase_of", "usable"]

_NOT_NOTED = " (not yet recorded by the operator)"


def phase_of(token: TokenSummary) -> str:
    """Its phase in words, whatever bars it beside that."""
    seen = token.phase or token.deleting
    return ("Deleting" if token.deleting else token.phase) if seen else "Pending (no operator has seen it yet)"


def usable(token: TokenSummary) -> str:
    """Whether a verifier accepts it, and why not; empty where nothing is minted, and nobody revoked it."""
    if not (token.minted or token.revoked):
        return ""
    answer = "yes" if token.unusable is None else f"no: {token.unusable.why}"
    return answer if agrees(token) else answer + _NOT_NOTED


def agrees(token: TokenSummary) -> bool:
    """Whether the operator has noted the same."""
    return not token.noted or (token.noted == "True") is (token.unusable is None) or not token.minted
