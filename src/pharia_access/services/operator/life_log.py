"""The operator's log of its work: a line for each mint, collection and end of a token, with the ID and never the text.

Written after the status that says it. A status whose answer was lost may have been written without its line.
"""

import logging

from pharia_access.domain.lifecycle.milestones import milestones
from pharia_access.domain.model import ObjectKey, Phase, Token, TokenStatus
from pharia_access.services.operator.token_index import TokenRecord

__all__ = ["log_deletion", "log_milestones"]

log = logging.getLogger("pharia_access.audit")


def log_milestones(token: Token, written: TokenStatus) -> None:
    """Log what this write of the token's status made true."""
    for milestone in milestones(token, written):
        log.info(milestone.what, extra=milestone.fields)


def log_deletion(key: ObjectKey, record: TokenRecord) -> None:
    """Log that an active token was deleted, and so ended. Its ID is in the line of its mint."""
    if record.phase is Phase.ACTIVE:
        extra = {"token": str(key), "credential": str(record.credential), "uid": record.uid, "reason": "Deleted"}
        log.info("token deleted", extra=extra)
