"""`token create`, broken off at each step: what is told is true, and the command that it names finishes the matter.

Whatever happens, one token is minted at most, its secret is handed over once, and it is in no error.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from tests.support.kubectl.failing_handover import COMMAND, Place, a_place, assert_handed_over_once, next_command
from tests.support.operators.striking_proxy import Strike
from tools.control_plane.workspace import condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.kubectl.plugin_runner import Told
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")

TOKENS = "/apis/access.pharia.ai/v1alpha1/namespaces/[^/]+/apitokens"
SECRET = "/api/v1/namespaces/[^/]+/secrets/[^/]+"


@pytest.fixture(scope="module")
def place(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place(control_plane, "interrupted", tmp_path_factory.mktemp("anna")) as made:
        yield made


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell that starts a command in the background may have it ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def lost() -> None:
    """The connection ends, and that is all."""


def interrupted() -> None:
    """Ctrl-C, with time to take effect before the connection ends."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)


BREAKS = [pytest.param(lost, 1, id="lost"), pytest.param(interrupted, 130, id="Ctrl-C")]


def broken_off(place: Place, name: str, strike: Strike) -> Told:
    """What `token create` tells when the strike hits it, and once more where the client tries a second time."""

    def blow() -> None:
        strike.blow()
        place.proxy.arm(strike)

    place.proxy.arm(replace(strike, blow=blow))
    answer = place.plugin.run("token", "create", "invoice-bot", f"--name={name}", "--window=30m", "-v")
    assert place.proxy.struck.wait(10)
    place.proxy.disarm()
    assert "Traceback" not in answer.everything
    return answer


@pytest.mark.parametrize(("blow", "status"), BREAKS)
def test_before_the_request_is_answered_nothing_may_be_there(
    place: Place, blow: Callable[[], None], status: int
) -> None:
    name = f"unasked-{status}"

    answer = broken_off(place, name, Strike("POST", TOKENS, "before", blow))
    found = place.plugin.obey(next_command(answer))
    again = place.plugin.run("token", "create", "invoice-bot", f"--name={name}", "--window=30m")

    assert answer.status == status
    assert f"The token {name} may have been created: no answer came. To collect it, or learn that there is none: " in (
        answer.stderr
    )
    assert (found.status, found.stdout) == (1, "")
    assert found.stderr.startswith(f'Error: There is no token "{name}" here.\n')
    assert_handed_over_once(place, name, answer, found, again)


@dataclass(frozen=True, slots=True)
class Step:
    """Where it breaks off, and what is told then."""

    method: str
    path: str
    when: Literal["before", "after"]
    told: str


STEPS = {
    "asked": Step("POST", TOKENS, "after", "The token {name} may have been created: no answer came."),
    "waiting": Step("GET", f"{TOKENS}/[^/]+", "after", "To get the secret of {name}: "),
    "minted": Step("GET", SECRET, "before", "To get the secret of {name} (until "),
    "read": Step("GET", SECRET, "after", "To get the secret of {name} (until "),
    "held": Step("DELETE", SECRET, "before", "You have the secret of {name}, but its one-time Secret may still exist"),
    "deleted": Step(
        "DELETE", SECRET, "after", "You have the secret of {name}, but its one-time Secret may still exist"
    ),
}


@pytest.mark.parametrize(("blow", "status"), BREAKS)
@pytest.mark.parametrize("step", STEPS)
def test_the_command_that_is_told_finishes(place: Place, step: str, blow: Callable[[], None], status: int) -> None:
    name, at = f"{step}-{status}", STEPS[step]

    answer = broken_off(place, name, Strike(at.method, at.path, at.when, blow))
    finished = place.plugin.obey(next_command(answer))

    assert answer.status == status
    assert at.told.format(name=name) in answer.stderr
    assert finished.status == 0, finished.stderr
    assert_handed_over_once(place, name, answer, finished)


def test_without_an_operator_it_says_so_and_is_finished_when_there_is_one(place: Place, pool: OperatorPool) -> None:
    pool.stop()

    answer = place.plugin.run("token", "create", "invoice-bot", "--name=early", "--window=30m", "--wait=1s")
    pool.shared()
    finished = place.plugin.obey(next_command(answer))

    assert answer.status == 1
    assert "Error: Token early is not minted yet: no operator has seen the token yet (does one run? " in answer.stderr
    assert_handed_over_once(place, "early", answer, finished)


def test_ctrl_c_at_a_terminal_ends_the_spinner_and_tells(place: Place, pool: OperatorPool) -> None:
    pool.stop()

    with place.plugin.terminal("token", "create", "invoice-bot", "--name=typed", "--window=30m") as terminal:
        terminal.reads("Waiting for typed")
        terminal.presses_ctrl_c()
        status = terminal.status()
    pool.shared()
    (command,) = COMMAND.findall(terminal.text)
    finished = place.plugin.pipe(*command.split()[2:])

    assert status == 130
    assert terminal.text.splitlines()[-2:] == [
        "To get the secret of typed: kubectl access token collect typed -n interrupted",
        "Interrupted.",
    ]
    assert_handed_over_once(place, "typed", finished)


def test_what_the_operator_refuses_is_told_and_not_waited_for(place: Place) -> None:
    """The longest life in the cluster is the operator's setting, and nothing that a person can read."""
    place.workspace.credential("brief")
    end = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()

    answer = place.plugin.run("token", "create", "brief", "--name=long", f"--expires={end}")

    assert (answer.status, answer.stdout, answer.stderr.splitlines()[:1]) == (1, "", ["token long created"])
    why = condition(place.workspace.until_outcome("long", "Failed", "TTLTooLong"), "Ready")["message"]
    there = f"-n interrupted --kubeconfig {place.plugin.kubeconfig}"
    assert answer.stderr.splitlines() == [
        "token long created",
        f"Error: The secret of token long cannot be collected: {why.rstrip('.')}.",
        f"See: kubectl access token get long {there}",
        f"To try again with a shorter --expires, first run: kubectl access token delete long {there}",
    ]


def test_after_the_window_nothing_is_promised(place: Place) -> None:
    place.workspace.token("late", delivery={})
    place.workspace.until_delivery("late", "Withdrawn")

    answer = place.plugin.run("token", "collect", "late")

    assert (answer.status, answer.stdout) == (1, "")
    assert re.fullmatch(
        r"Error: The secret of token late cannot be collected: it was withdrawn unread at \S+Z\.\n"
        r"A secret is shown only once\. "
        r"To get a new token: kubectl access token rotate late -n interrupted --kubeconfig \S+\n",
        answer.stderr,
    )


def test_no_secret_is_in_any_log(place: Place, operator: RunningOperator) -> None:
    answer = place.plugin.run("token", "create", "invoice-bot", "--name=logged", "--window=30m", "-v")

    secret = answer.stdout.strip()
    audit = place.plugin.control_plane.audit_log.read_text(encoding="utf-8")
    assert secret.startswith("pharia_")
    assert secret not in answer.stderr
    assert secret not in operator.process.log_text()
    assert secret not in audit
