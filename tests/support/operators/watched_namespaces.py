"""What an operator says of its watched namespaces, of which one is doomed, and how that one is taken from it."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from tests.support.operators.constant_mints import ConstantMints
from tools.control_plane.charts import Json
from tools.control_plane.operators import RunningOperator
from tools.control_plane.plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BACK_SECONDS", "DOOMED", "OTHERS", "forbidden", "hand_over", "refusals", "told", "until_watched"]

OTHERS = ("alpha", "beta")
DOOMED = "doomed"
BACK_SECONDS = 60.0
"""Retries come every 30 s at least."""


def watched(operator: RunningOperator) -> dict[str, float]:
    """What the metric says of each namespace."""
    families = text_string_to_metric_families(operator.get("/metrics")[1])
    (family,) = (family for family in families if family.name == "pharia_access_namespace_watched")
    return {sample.labels["namespace"]: sample.value for sample in family.samples}


def told(operator: RunningOperator, message: str, namespace: str) -> int:
    """How often the log says so of a namespace."""
    lines = [line for line in operator.process.log_text().splitlines() if message in line]
    return sum(json.loads(line).get("namespace") == namespace for line in lines)


def until_watched(operator: RunningOperator, *, doomed: bool, timeout: float = BACK_SECONDS) -> None:
    expected = {**dict.fromkeys(OTHERS, 1.0), DOOMED: float(doomed)}
    operator.process.wait_until(lambda: watched(operator) == expected, what=f"it says {expected}", timeout=timeout)


def hand_over(
    first: RunningOperator, second: RunningOperator, start: Callable[..., RunningOperator], mints: ConstantMints
) -> RunningOperator:
    """Kill the first operator; have another one start, and lead alone, while tokens are minted all the time."""
    first.process.popen.kill()  # whoever leads: the other takes over
    mints.go_on(5)
    third = start("third")
    third.wait_until_ready()
    second.process.stop()  # the one that starts without the namespace must lead
    mints.go_on(5)
    mints.slowest()
    return third


@contextmanager
def forbidden(own_control_plane: ControlPlane, *namespaces: str) -> Iterator[None]:
    """While the block runs, the operator's Role is bound to nobody in these namespaces."""
    with ExitStack() as stack:
        for namespace in namespaces:
            binding = ("rolebinding", "pharia-access-operator-tokens", f"--namespace={namespace}")
            saved = own_control_plane.kubectl("get", *binding, "--output=json").stdout
            own_control_plane.kubectl("delete", *binding)
            stack.callback(own_control_plane.kubectl, "create", "--filename=-", stdin=saved)
        yield


def refusals(own_control_plane: ControlPlane, since: int) -> int:
    """How many of the operator's requests in the doomed namespace were refused."""
    events: Iterator[Json] = (
        dict(event)
        for event in own_control_plane.audit_events("pharia-access-operator", f"namespaces/{DOOMED}/", since=since)
    )
    return sum(event.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid" for event in events)
