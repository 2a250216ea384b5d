"""A crowd of tokens under a release of the chart: some minted by its operator, most put there as if they had been.

Those that are put there have a text and a MAC each. Their Argon2id hash, at which nobody looks where a MAC decides, is
that of their model.
"""

from __future__ import annotations

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.token import TokenText, mint
from tools.control_plane.api import OPERATOR
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from tests.support.charts.chart_release import Release
    from tools.control_plane.api import Api
    from tools.control_plane.workspace import Workspace

__all__ = ["LONG_WINDOWS", "ManyTokens", "gather", "identities"]

Json = dict[str, Any]

LONG_WINDOWS = {"PHARIA_ACCESS_DEFAULT_WINDOW": "10m"}
_MINTED = 20
_ENDED_EACH = 5
_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class ManyTokens:
    """Texts of good tokens, and of those that were revoked, expired, deleted, or have a suspended credential."""

    live: list[str]
    dead: list[str]


def gather(release: Release, place: Workspace, live: int) -> ManyTokens:
    """Make so many good tokens, and a few of each other kind; no program of the release runs on return."""
    operator, verifier = release.start(LONG_WINDOWS)
    place.role()
    place.credential()
    frozen = place.credential("frozen")
    minted = _minted(place, "live", _MINTED)
    ended = {why: _minted(place, why, _ENDED_EACH) for why in ("expired", "revoked", "deleted")}
    ended["suspended"] = _minted(place, "suspended", _ENDED_EACH, credentialRef={"name": "frozen"})
    for name in ended["expired"]:
        place.end_in(_token(place, name), 1)
    for name in ended["revoked"]:
        place.change(_token(place, name), {"spec": {"revoked": True}})
    for name in ended["deleted"]:
        place.delete(_token(place, name))
    place.change(frozen, {"spec": {"suspended": True}})
    model = _collected(place)
    for program in (operator, verifier):
        program.process.stop()
    put = _put_minted(place, model, _keyring(release), live - _MINTED)
    dead = [text for texts in ended.values() for text in texts.values()]
    return ManyTokens([*minted.values(), *put], dead)


def identities(place: Workspace) -> dict[str, str]:
    """The IDs of the tokens that were minted."""
    tokens = place.list("ApiToken")
    return {token["metadata"]["name"]: token["status"]["tokenID"] for token in tokens if "tokenID" in token["status"]}


def _minted(place: Workspace, prefix: str, count: int, **spec: Any) -> dict[str, str]:  # noqa: ANN401 - handed on
    """Texts by name."""
    names = [f"{prefix}-{number}" for number in range(count)]
    for name in names:
        place.token(name, **spec)
    for name in names:
        place.until_outcome(name, "Active", "Issued")
    return {name: place.text(f"{name}-token").reveal() for name in names}


def _token(place: Workspace, name: str) -> Json:
    return {"kind": "ApiToken", "metadata": {"namespace": place.namespace, "name": name}}


def _collected(place: Workspace) -> Json:
    """A token as its mint and its collection left it."""
    place.issued("model")
    place.delete({"kind": "Secret", "metadata": {"namespace": place.namespace, "name": "model-token"}})
    return place.until_delivery("model", "Collected")


def _keyring(release: Release) -> Keyring:
    get = ("get", "secret", "pharia-access-keyring", f"--namespace={release.namespace}", "--output=json")
    data = json.loads(release.control_plane.kubectl(*get).stdout)["data"]
    return Keyring.parse({name: base64.b64decode(value) for name, value in data.items()})


def _put_minted(place: Workspace, model: Json, keyring: Keyring, count: int) -> list[str]:
    """Status is written as the operator, which must not run: it would mint them."""
    texts = [mint("pharia", secrets.token_bytes) for _ in range(count)]
    operator = place.api.as_user(OPERATOR)

    def put(numbered: tuple[int, TokenText]) -> None:
        number, text = numbered
        key_id, mac = keyring.mac(text)
        own = {"tokenID": text.token_id, "mac": {"keyID": key_id, "value": mac}}
        _put(place, operator, f"put-{number}", {**model, "status": {**model["status"], **own}})

    with ThreadPoolExecutor(_AT_A_TIME) as workers:
        list(workers.map(put, enumerate(texts)))
    return [text.reveal() for text in texts]


def _put(place: Workspace, operator: Api, name: str, like: Json) -> None:
    token = api_token(place.namespace, name, **like["spec"])
    status = {**like["status"], "delivery": {**like["status"]["delivery"], "secretName": f"{name}-token"}}
    for reply in (place.api.create(token), operator.patch(token, {"status": status}, subresource="status")):
        assert reply.ok, reply.message
