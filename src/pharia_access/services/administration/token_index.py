"""All tokens of a scope, out of what follows it: each is judged once, and anew when it or its credential changes."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Final

from pharia_access.domain.administration.judged import UNSEEN
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_inventory import TokenRow
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.live_kinds import LiveKind
from pharia_access.services.administration.token_survey import TokenSurvey, ends_of, row_of

__all__ = ["TokenIndex"]

Judged = tuple[TokenSummary, CredentialSummary | None, TokenRow]
"""A row, and of what it was made."""

_IN_ORDER: Final = attrgetter("token.key.namespace", "token.key.name")


class TokenIndex:
    """Rows, by namespace and name. They are made again only where something changed since the last survey."""

    def __init__(self) -> None:
        self._judged: dict[str, Judged] = {}
        self._rows: tuple[TokenRow, ...] = ()
        self._ends: list[datetime] = []
        self._suspended = 0
        self._made_of: tuple[int, int, bool] | None = None

    def survey(
        self,
        namespace: str | None,
        tokens: LiveKind[TokenSummary],
        credentials: LiveKind[CredentialSummary],
        *,
        now: datetime,
        unseen: ForbiddenError | None = None,
    ) -> TokenSurvey:
        """What is known there. `unseen`: why credentials may not be listed; None where they may."""
        made_of = (tokens.revision, credentials.revision, unseen is None)
        if made_of != self._made_of:
            self._judge(tokens.items, None if unseen else credentials.items, now)
            self._suspended = sum(credential.suspended for credential in credentials.items.values())
            self._made_of = made_of
        revision = max(tokens.revision, credentials.revision)
        return TokenSurvey(namespace, self._rows, self._suspended, now, unseen, revision=revision, ends=self._ends)

    def _judge(
        self, tokens: Mapping[str, TokenSummary], known: Mapping[str, CredentialSummary] | None, now: datetime
    ) -> None:
        before, self._judged = self._judged, {}
        for key, token in tokens.items():
            credential = None if known is None else known.get(f"{token.key.namespace}/{token.credential}")
            old = before.get(key)
            if old is None or old[0] is not token or old[1] is not credential:
                old = token, credential, row_of(token, UNSEEN if known is None else credential, now)
            self._judged[key] = old
        self._rows = tuple(sorted((row for _, _, row in self._judged.values()), key=_IN_ORDER))
        self._ends = ends_of(self._rows)
