"""Tokens of one namespace or two, and what a page shows of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.times import format_time
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from tests.support.console.browser import Received

__all__ = ["DAY", "EVERYWHERE", "HERE", "many", "names", "several", "token"]

HERE = "/namespaces/finance/tokens"
EVERYWHERE = "/tokens"
MINTED = {"hash": "x", "credential": {"name": "invoice-bot", "uid": "uid-c"}}
DAY = timedelta(days=1)


def token(name: str, namespace: str = "finance", *, left: timedelta = 10 * DAY, **status: Any) -> dict[str, Any]:  # noqa: ANN401
    minted = {"tokenID": f"{name:q<16}"[:16].replace("-", "q"), **MINTED, **status}
    return an_active_token(api_token(namespace, name), left=left, **minted)


def several() -> FakeObjects:
    """Tokens in two namespaces."""
    objects = FakeObjects(namespaces={"finance", "hr"})
    for namespace in ("finance", "hr"):
        credential = api_credential(namespace, roles=["studio-user"])
        credential["metadata"]["uid"] = "uid-c"
        objects.put(credential)
    used = format_time(NOW - 2 * DAY)
    return objects.put(token("alpha", left=DAY), token("beta", lastUsedTime=used), token("gamma", "hr"))


def many(count: int, **status: Any) -> FakeObjects:  # noqa: ANN401
    credential = api_credential("finance")
    credential["metadata"]["uid"] = "uid-c"
    return FakeObjects().put(credential, *(token(f"ci-{number:04}", **status) for number in range(count)))


def names(shown: Received) -> list[str]:
    """The tokens on the page, in their order."""
    return [link.rpartition("/")[2] for link in shown.document.links if "/tokens/" in link]
