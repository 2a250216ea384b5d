"""Tokens on a bench as a test finds them: such that need nothing now, and such that Git declares."""

from pharia_access.domain.model import ObjectKey, Token
from tests.support.builders.domain_objects import TOKEN, a_minted_token, a_token
from tests.support.harness.operator_harness import ARGO, OperatorHarness

__all__ = ["active", "of_git"]


def active(harness: OperatorHarness, key: ObjectKey = TOKEN, *, version: str = "5", uid: str = "token-1") -> Token:
    """A token that needs nothing until its window closes."""
    return a_minted_token(a_token(key, uid=uid, resource_version=version), credential=harness.credential.identity)


async def of_git(harness: OperatorHarness) -> None:
    """Have an active token that Git declares."""
    harness.create(annotations=ARGO)
    await harness.reconcile()
    harness.forget_calls()
