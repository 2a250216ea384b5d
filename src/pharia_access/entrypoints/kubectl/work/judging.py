"""Tokens, each with whether a verifier accepts it now: their credentials are read for that, as far as one may."""

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.judged import UNSEEN, judged
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.kube.administration.summaries import credential_summary

__all__ = ["agrees", "judged_tokens", "phase_of", "usable"]

_NOT_NOTED = " (not yet noted by the operator)"


async def judged_tokens(session: CliSession, tokens: list[TokenSummary]) -> list[TokenSummary]:
    """The tokens, judged. Credentials are read after them, so that none is missed which was there before its token."""
    keys = {ObjectKey(token.key.namespace, token.credential) for token in tokens}
    try:
        known = await _credentials(session, keys)
    except ForbiddenError:
        return [judged(token, UNSEEN, session.clock.now()) for token in tokens]
    now = session.clock.now()
    return [judged(token, known.get(ObjectKey(token.key.namespace, token.credential)), now) for token in tokens]


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


async def _credentials(session: CliSession, keys: set[ObjectKey]) -> dict[ObjectKey, CredentialSummary]:
    """One is read, of several all are listed: in their namespace, or everywhere."""
    if len(keys) == 1:
        (key,) = keys
        try:
            return {key: credential_summary(await session.objects.read("ApiCredential", key))}
        except NotFoundError:
            return {}
    namespaces = {key.namespace for key in keys}
    pages = session.objects.pages("ApiCredential", namespaces.pop() if len(namespaces) == 1 else None)
    return {found.key: found for found in await list_all(pages, credential_summary, "credentials")}
