"""A thousand tokens: silence while nothing changes, and all of them marked when they end in the same second."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.operators.operator_requests import requests_of_the_operator
from tests.support.security.guards import NEEDED_TO_LOOK
from tools.control_plane.api import OPERATOR, Api
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Json, Workspace, instant, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.long

MANY = 1000
QUIET_SECONDS = 60
MOST_OF_LOOKS = 14
"""Requests of two looks at the guards: there is one a minute."""
MOST_OF_VERSIONS = 6
"""Lists of one object, so that a quiet watch ends with a bookmark: one in the minute of each kind's watch."""
SETTLE_SECONDS = 5
SETTLE_DEADLINE_SECONDS = 60
TRIES = 3
"""Minutes, one of which must be quiet: a machine that is busy can miss the bookmark of a watch, and a list follows."""
END_IN_SECONDS = 60
"""By then each token's end has been brought forward, and the operator has seen that."""
NAMESPACE = "a-thousand-tokens"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Tokens that were made by copying one that the operator minted, so that they look as it leaves them."""

    operator: RunningOperator
    workspace: Workspace


@pytest.fixture(scope="module")
def crowd(control_plane: ControlPlane, pool: OperatorPool) -> Iterator[Crowd]:
    """A thousand active tokens, their Secrets collected, and an operator at rest."""
    api = Api(control_plane.kubeconfig)
    # The metrics count every token there is, also one that another test file left behind.
    control_plane.kubectl("delete", "apitokens,apicredentials", "--all", "--all-namespaces", timeout=180)
    control_plane.kubectl("create", "namespace", NAMESPACE)
    workspace = Workspace(api, NAMESPACE)
    workspace.role()
    workspace.credential()
    with pool.alone():
        workspace.issued("model", ttl="1h")
        workspace.delete({"kind": "Secret", "metadata": {"namespace": NAMESPACE, "name": "model-token"}})
        model = workspace.until_delivery("model", "Collected")
    _copy_many(api, model)
    with pool.alone({"PHARIA_ACCESS_RESYNC_INTERVAL": "15m"}) as operator:
        _until_tokens(operator, "Active", MANY)
        workspace.until(
            "ApiCredential", "invoice-bot", lambda it: it["status"]["tokens"]["active"] == MANY, "they are counted"
        )
        yield Crowd(operator, workspace)
    control_plane.kubectl("delete", "namespace", NAMESPACE, timeout=180)  # the next test finds no crowd


def _copy_many(api: Api, model: Json) -> None:
    operator = api.as_user(OPERATOR)

    def copy_one(number: int) -> None:
        body = copy.deepcopy(model)
        body["metadata"] = {"namespace": model["metadata"]["namespace"], "name": f"copy-{number}"}
        assert api.create(body).ok
        status = {**model["status"], "tokenID": f"{number:016d}".translate(str.maketrans("0189", "abcd"))}
        reply = operator.patch(body, {"status": status}, subresource="status")
        assert reply.ok, reply.message

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(copy_one, range(MANY - 1)))


def _until_tokens(operator: RunningOperator, phase: str, count: int, *, timeout: float = 90) -> None:
    line = f'\npharia_access_tokens{{phase="{phase}"}} {count:.1f}\n'
    operator.process.wait_until(
        lambda: line in operator.get("/metrics")[1], what=f"{count} tokens are {phase}", timeout=timeout
    )


def test_a_steady_state_is_quiet(control_plane: ControlPlane, crowd: Crowd) -> None:
    heard = _a_minute_at_rest(control_plane)
    for _ in range(TRIES - 1):
        heard = heard if not _others(heard) else _a_minute_at_rest(control_plane)

    assert heard, "the Lease is renewed"
    assert _others(heard) == [], crowd.operator.process.log_text()[-5000:]
    assert sum(map(_is_of_a_look, heard)) <= MOST_OF_LOOKS
    assert sum(map(_shows_a_version, heard)) <= MOST_OF_VERSIONS


def _a_minute_at_rest(control_plane: ControlPlane) -> list[Json]:
    begin = _at_rest(control_plane)
    time.sleep(QUIET_SECONDS)
    return _heard_since(control_plane, begin)


def _at_rest(control_plane: ControlPlane) -> datetime:
    """Wait until the operator has been quiet for a while: Events are written behind the work."""
    deadline = now() + timedelta(seconds=SETTLE_DEADLINE_SECONDS)
    while True:
        begin = now()
        time.sleep(SETTLE_SECONDS)
        if not _others(_heard_since(control_plane, begin)):
            return begin
        assert now() < deadline, "the operator does not come to rest"


def _heard_since(control_plane: ControlPlane, begin: datetime) -> list[Json]:
    """What the operator asked from then on."""
    return [
        event
        for event in requests_of_the_operator(control_plane)
        if begin <= instant(event["requestReceivedTimestamp"]) < now()
    ]


def _others(heard: list[Json]) -> list[tuple[str, str]]:
    """What is neither the renewal of the Lease nor a watch with its version, nor of a look at the guards."""
    return [
        (event["verb"], event["requestURI"])
        for event in heard
        if event["verb"] != "watch"
        and event.get("objectRef", {}).get("resource") != "leases"
        and not _is_of_a_look(event)
        and not _shows_a_version(event)
    ]


def _shows_a_version(event: Json) -> bool:
    """Whether it is a list of one object, by which the watch of a kind learns how far the cluster is."""
    return bool(event["verb"] == "list" and event["requestURI"].endswith("?limit=1"))


def _is_of_a_look(event: Json) -> bool:
    """Whether it asks how the guards stand: two tries as dry runs, and reads of policies and kinds."""
    resource = event.get("objectRef", {}).get("resource", "")
    tried = "dryRun=All" in event["requestURI"] and event["verb"] in {"create", "patch"}
    return tried or resource in {kind for _, _, kind, _, _ in NEEDED_TO_LOOK}


def test_a_thousand_tokens_that_end_in_the_same_second_are_all_marked(
    control_plane: ControlPlane, crowd: Crowd, told: Callable[[str], None]
) -> None:
    ends = _all_end(crowd.workspace, now() + timedelta(seconds=END_IN_SECONDS))
    remaining = (ends - now()).total_seconds()
    assert remaining > 0, "to bring their ends forward took too long"
    threads = psutil.Process(crowd.operator.process.pid).num_threads()

    _until_tokens(crowd.operator, "Expired", MANY, timeout=remaining + 60)
    wait_until(lambda: len(_marked(control_plane, ends)) == MANY, what="the audit log tells of them all", timeout=10)

    seconds = (max(_marked(control_plane, ends).values()) - ends).total_seconds()
    told(f"{MANY} tokens were marked within {seconds:.2f} s of their end; `python -m bench expiry` measures it")
    assert threads < 40, "one schedule for all, not a thread for each"


def _all_end(workspace: Workspace, end: datetime) -> datetime:
    """Bring the end of every token forward to the same second."""
    at = end.replace(microsecond=0)

    def bring_forward(token: Json) -> None:
        workspace.change(token, {"spec": {"expiresAt": at.strftime("%FT%TZ")}})

    tokens = workspace.api.find("ApiToken", NAMESPACE).body["items"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(bring_forward, ({"kind": "ApiToken", **token} for token in tokens)))
    return at


def _marked(control_plane: ControlPlane, ends: datetime) -> dict[str, datetime]:
    """When the status of each token was written, from its end on."""
    written = requests_of_the_operator(control_plane, verb="patch", resource="apitokens", subresource="status")
    return {
        event["objectRef"]["name"]: instant(event["stageTimestamp"])
        for event in written
        if event["responseStatus"]["code"] == 200 and instant(event["stageTimestamp"]) >= ends
    }
