"""Tokens on a bench as a test finds them: such that need nothing now, and such that Git declares."""

from pharia_access.domain.model import ObjectKey, Token
from tests.support.builders import TOKEN, a_minted_token, a_token
from tests.support.service_builders import ARGO, Bench

__all__ = ["active", "of_git"]


def active(bench: Bench, key: ObjectKey = TOKEN, *, version: str = "5", uid: str = "token-1") -> Token:
    """A token that needs nothing until its window closes."""
    return a_minted_token(a_token(key, uid=uid, resource_version=version), credential=bench.credential.identity)


async def of_git(bench: Bench) -> None:
    """Have an active token that Git declares."""
    bench.create(annotations=ARGO)
    await bench.reconcile()
    bench.forget_calls()
