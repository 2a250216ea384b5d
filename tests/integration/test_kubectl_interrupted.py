"""`token create`, broken off at each step: what is told is true, and the command that it names finishes the matter.

Whatever happens, one token is minted at most, its secret is handed over once, and it is in no error.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from unittest import mock

import pytest

from pharia_access.domain.proof import matches
from pharia_access.domain.token import parse
from tests.support.api import Api
from tests.support.plugin import Plugin, Told
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, Strike
from tests.support.workspace import Workspace, condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.control_plane import ControlPlane
    from tests.support.operator_pool import OperatorPool
    from tests.support.operators import RunningOperator

pytestmark = pytest.mark.usefixtures("operator")

ONCE = "This is the only time it is shown: it cannot be read again."
TOKENS = "/apis/access.pharia.ai/v1alpha1/namespaces/[^/]+/apitokens"
SECRET = "/api/v1/namespaces/[^/]+/secrets/[^/]+"
COMMAND = re.compile(r"kubectl (?:access|delete) .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with a credential, its administrator's plugin, and the way to the API server that breaks."""

    workspace: Workspace
    plugin: Plugin
    proxy: Proxy


@pytest.fixture(scope="module")
def place(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    here, who = "interrupted", "--serviceaccount=interrupted:anna"
    control_plane.kubectl("create", "namespace", here)
    control_plane.kubectl("create", "serviceaccount", "anna", f"--namespace={here}")
    control_plane.kubectl("create", "rolebinding", "anna", "--clusterrole=admin", who, f"--namespace={here}")
    can = ("auth", "can-i", "create", "apicredentials.access.pharia.ai", "--subresource=token", f"--namespace={here}")
    anna = "system:serviceaccount:interrupted:anna"
    wait_until(lambda: control_plane.kubectl(*can, user=anna, check=False).returncode == 0, what="anna may mint")
    workspace = Workspace(Api(control_plane.kubeconfig), here)
    workspace.role()
    workspace.credential()
    path = tmp_path_factory.mktemp("anna") / "kubeconfig"
    with Proxy(control_plane.server_url, control_plane.ca_file) as proxy:
        control_plane.service_account_kubeconfig(here, "anna", path, server=proxy.url)
        yield Place(workspace, Plugin(control_plane, here, kubeconfig=path), proxy)
    control_plane.kubectl("delete", "namespace", here, "--wait=false")


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


def next_command(answer: Told) -> str:
    """The one command that it names for what is to be done next."""
    (command,) = [found for found in COMMAND.findall(answer.stderr) if "kubectl version" not in found]
    return str(command)


def assert_handed_over_once(place: Place, name: str, *answers: Told) -> None:
    """One token of that name, its secret on standard output once and nowhere else, and its Secret gone."""
    written = [line for answer in answers for line in answer.stdout.splitlines() if line.startswith("pharia_")]
    status = place.workspace.until_outcome(name, "Active", "Issued")["status"]
    assert len(written) == 1
    assert matches(status["hash"], parse(written[0]))
    assert not [answer for answer in answers if written[0] in answer.stderr]
    assert "Traceback" not in "".join(answer.everything for answer in answers)
    place.workspace.until_gone("Secret", f"{name}-token")


@pytest.mark.parametrize(("blow", "status"), BREAKS)
def test_before_the_request_is_answered_nothing_may_be_there(
    place: Place, blow: Callable[[], None], status: int
) -> None:
    name = f"unasked-{status}"

    answer = broken_off(place, name, Strike("POST", TOKENS, "before", blow))
    found = place.plugin.obey(next_command(answer))
    again = place.plugin.run("token", "create", "invoice-bot", f"--name={name}", "--window=30m")

    assert answer.status == status
    assert f"Whether the token {name} was created is not known. This finishes it, or says that there is none: " in (
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
    "asked": Step("POST", TOKENS, "after", "Whether the token {name} was created is not known."),
    "waiting": Step("GET", f"{TOKENS}/[^/]+", "after", "To get the secret of {name}: "),
    "minted": Step("GET", SECRET, "before", "To get the secret of {name} (until "),
    "read": Step("GET", SECRET, "after", "To get the secret of {name} (until "),
    "held": Step("DELETE", SECRET, "before", "You have the secret of {name}, but its one-time Secret may still be"),
    "deleted": Step("DELETE", SECRET, "after", "You have the secret of {name}, but its one-time Secret may still be"),
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


def test_a_full_disk_leaves_no_half_a_file(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "token"
    create = ("token", "create", "invoice-bot", "--name=full", "--window=30m", f"--to-file={path}")

    with mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))):
        answer = place.plugin.run(*create)
    finished = place.plugin.obey(next_command(answer))

    assert answer.status == 1
    assert f"Error: The file {path} could not be written: No space left on device.\n" in answer.stderr
    assert not path.exists()
    assert_handed_over_once(place, "full", answer, finished)


def test_a_place_that_takes_none_is_told_before_a_token_is_made(place: Place, tmp_path: Path) -> None:
    there = tmp_path / "token"
    there.write_text("mine")
    place.workspace.api.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "taken", "namespace": place.workspace.namespace}}
    )
    create = ("token", "create", "invoice-bot", "--name=nowhere")

    answers = [
        place.plugin.run(*create, f"--to-file={there}"),
        place.plugin.run(*create, f"--to-file={tmp_path / 'no' / 'token'}"),
        place.plugin.run(*create, "--to-secret=taken"),
    ]

    assert [(answer.status, answer.stdout, answer.stderr) for answer in answers] == [
        (1, "", f"Error: The file {there} exists, and is not overwritten.\nName another file.\n"),
        (1, "", f"Error: The folder {tmp_path / 'no'} cannot be written to.\nName another file.\n"),
        (1, "", 'Error: A Secret "taken" is there already, and is not overwritten.\nName another.\n'),
    ]
    assert there.read_text() == "mine"
    assert place.workspace.read("ApiToken", "nowhere") is None


def test_a_reader_that_is_gone_and_a_full_device(place: Place) -> None:
    for name in ("closed", "device"):
        answer = _with_broken_output(place.plugin, name)
        finished = place.plugin.obey(next_command(answer))

        problem = {"closed": "Broken pipe", "device": "No space left on device"}[name]
        assert answer.status == 1, answer.stderr
        assert answer.stderr.splitlines()[:2] == [
            f"token {name} created",
            f"Error: Standard output did not take the secret: {problem}.",
        ]
        assert len(answer.stderr.splitlines()) == 3
        assert_handed_over_once(place, name, answer, finished)


def _with_broken_output(plugin: Plugin, name: str) -> Told:
    command = plugin.command("token", "create", "invoice-bot", f"--name={name}", "--window=30m")
    reader, writer = os.pipe()
    os.close(reader)
    output = writer if name == "closed" else os.open("/dev/full", os.O_WRONLY)
    done = subprocess.run(
        command, env=plugin.environment, stdout=output, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    return Told(done.returncode, "", done.stderr)


def test_without_an_operator_it_says_so_and_is_finished_when_there_is_one(place: Place, pool: OperatorPool) -> None:
    pool.stop()

    answer = place.plugin.run("token", "create", "invoice-bot", "--name=early", "--window=30m", "--wait=1s")
    pool.shared()
    finished = place.plugin.obey(next_command(answer))

    assert answer.status == 1
    assert "Error: Token early is not minted yet: no operator has seen the token yet.\n" in answer.stderr
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
    place.workspace.credential("brief", tokenPolicy={"maxTTL": "1h"})

    answer = place.plugin.run("token", "create", "brief", "--name=long", "--expires=2h")

    assert (answer.status, answer.stdout, answer.stderr.splitlines()[:1]) == (1, "", ["token long created"])
    why = condition(place.workspace.until_outcome("long", "Failed", "TTLTooLong"), "Ready")["message"]
    assert answer.stderr.splitlines() == [
        "token long created",
        f"Error: The secret of token long cannot be collected: {why.rstrip('.')}.",
        "See: kubectl access token get long -n interrupted",
    ]


def test_after_the_window_nothing_is_promised(place: Place) -> None:
    place.workspace.token("late", delivery={})
    place.workspace.until_delivery("late", "Withdrawn")

    answer = place.plugin.run("token", "collect", "late")

    assert (answer.status, answer.stdout) == (1, "")
    assert re.fullmatch(
        r"Error: The secret of token late cannot be collected: it was withdrawn unread at \S+Z\.\n"
        r"A secret is shown once\. To have a new token: kubectl access token rotate late -n interrupted\n",
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
