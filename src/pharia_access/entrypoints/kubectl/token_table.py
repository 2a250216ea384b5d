"""How tokens are listed: with usual names a line has room in 80 columns."""

from dataclasses import replace

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec
from pharia_access.entrypoints.kubectl.moments import age, ago, left, moment

__all__ = ["TOKENS", "TOKENS_OF_ONE"]

_CREDENTIAL: Column[TokenSummary] = Column("CREDENTIAL", lambda shown, _: shown.credential)

TOKENS: TableSpec[TokenSummary] = TableSpec(
    kind=TokenSummary,
    noun="tokens",
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        _CREDENTIAL,
        Column("PHASE", lambda shown, _: shown.state),
        Column("EXPIRES", lambda shown, now: left(shown.end, now)),
        Column("ID", lambda shown, _: shown.token_id, wide=True),
        Column("LAST USED", lambda shown, now: ago(shown.last_used, now, never="never"), wide=True),
        Column("AGE", lambda shown, now: age(shown.created, now), wide=True),
        Column("EXPIRES AT", lambda shown, _: moment(shown.end), wide=True),
        Column("REASON", lambda shown, _: shown.reason, wide=True),
        Column("SECRET", lambda shown, _: shown.secret_name if shown.delivery == "Available" else "", wide=True),
        Column("KEPT BY", lambda shown, _: shown.keeper, wide=True),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)

TOKENS_OF_ONE = replace(TOKENS, columns=tuple(column for column in TOKENS.columns if column is not _CREDENTIAL))
"""The same where the credential was asked for."""
