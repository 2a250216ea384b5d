"""How tokens are listed."""

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec
from pharia_access.entrypoints.kubectl.render import age, moment

__all__ = ["TOKENS"]

TOKENS: TableSpec[TokenSummary] = TableSpec(
    kind=TokenSummary,
    noun="tokens",
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        Column("ID", lambda shown, _: shown.token_id),
        Column("CREDENTIAL", lambda shown, _: shown.credential),
        Column("PHASE", lambda shown, _: shown.state),
        Column("EXPIRES", lambda shown, _: moment(shown.ends)),
        Column("LAST USED", lambda shown, now: f"{age(shown.last_used, now)} ago" if shown.last_used else "never"),
        Column("AGE", lambda shown, now: age(shown.created, now)),
        Column("CREATED", lambda shown, _: moment(shown.created), wide=True),
        Column("REASON", lambda shown, _: shown.reason, wide=True),
        Column("SECRET", lambda shown, _: shown.secret_name if shown.delivery == "Available" else "", wide=True),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)
