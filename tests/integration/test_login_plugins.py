"""Exec plugins at a person's terminal: words, prompts, renewal, Ctrl-C. And kubectl ends with whom it serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import yaml

from tests.support.kubectl.plugin_runner import Plugin
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane

V1 = "client.authentication.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Login:
    """A kubeconfig whose user an exec plugin signs in; its script has `$TOKEN`, and `$COUNT`: the how manieth run."""

    control_plane: ControlPlane
    folder: Path

    def by(self, script: str, **fields: object) -> Plugin:
        """The command line with that plugin."""
        program = self.folder / "login"
        program.write_text(
            f"#!/bin/sh\necho run >>{self.folder}/runs\nCOUNT=$(wc -l <{self.folder}/runs)\n"
            f"TOKEN=$(cat {self.folder}/token)\n{script}\n"
        )
        program.chmod(0o700)
        config = yaml.safe_load(self.control_plane.kubeconfig.read_text())
        plugin = {"command": str(program), "apiVersion": V1, "interactiveMode": "IfAvailable", **fields}
        config["users"][0]["user"] = {"exec": plugin}
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(config))
        return Plugin(self.control_plane, "default", kubeconfig=self.folder / "kubeconfig")

    @property
    def runs(self) -> int:
        """How often the plugin was run."""
        return len((self.folder / "runs").read_text().splitlines())


GIVES = """printf '{"apiVersion":"%s","kind":"ExecCredential","status":{"token":"%s"%s}}' """ + V1 + ' "$TOKEN" "$END"'


@pytest.fixture
def login(control_plane: ControlPlane, tmp_path: Path) -> Login:
    name = f"signs-in-{tmp_path.name}"[:60].replace("_", "-").strip("-").lower()
    control_plane.kubectl("create", "serviceaccount", name, "--namespace=default")
    who = f"--serviceaccount=default:{name}"
    control_plane.kubectl("create", "clusterrolebinding", name, "--clusterrole=cluster-admin", who)
    (tmp_path / "token").write_text(control_plane.kubectl("create", "token", name).stdout.strip())
    return Login(control_plane, tmp_path)


def test_the_words_of_a_plugin_that_fails_are_shown_and_no_more_is_said_of_it(login: Login) -> None:
    answer = login.by("echo \"Your session is over: run 'sso login'\" >&2; exit 255").run("token", "list")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.splitlines() == [
        "Your session is over: run 'sso login'",
        f"Error: The kubeconfig's exec plugin failed: {login.folder}/login ended with status 255.",
        "See its output above. Log in with it again, then repeat the command.",
    ]


def test_a_plugin_that_is_not_installed_is_told_with_its_hint(login: Login) -> None:
    plugin = login.by("", command="no-such-login", installHint="get it at example.com\x1b[2J")

    answer = plugin.run("token", "list")

    assert answer.stderr.startswith("Error: The kubeconfig's exec plugin was not found: no-such-login.\n")
    assert "get it at example.com" in answer.stderr
    assert "\x1b" not in answer.stderr


def test_a_code_is_shown_while_the_plugin_still_waits(login: Login) -> None:
    script = f"echo 'Enter the code ABCD-1234' >&2; while [ ! -e {login.folder}/done ]; do sleep 0.1; done\n{GIVES}"

    with login.by(script, interactiveMode="Never").terminal("token", "list") as terminal:
        terminal.reads("Enter the code ABCD-1234")
        (login.folder / "done").touch()
        status = terminal.status()

    assert status == 0


def test_a_plugin_may_ask_a_person_and_read_the_answer(login: Login) -> None:
    script = f"[ -t 0 ] && [ -t 2 ] || exit 3; printf 'PIN: ' >&2; read -r pin; [ \"$pin\" = 1234 ] || exit 4\n{GIVES}"

    with login.by(script, interactiveMode="Always").terminal("token", "list", "--request-timeout=500ms") as terminal:
        terminal.reads("PIN: ")
        terminal.types("1234")
        status = terminal.status()

    assert status == 0
    assert "Error" not in terminal.text


def test_what_is_piped_to_a_command_is_not_for_the_plugin(login: Login) -> None:
    script = f"read -r line && exit 3\n{GIVES}"

    answer = login.by(script).pipe("token", "whois", "--stdin", stdin="pharia_no_token\n")

    assert answer.stderr.startswith("Error: There is no token's text and no token's ID in the input.")
    assert login.by(script).pipe("token", "list", stdin="pharia_no_token\n").status == 0


def test_ctrl_c_ends_a_plugin_that_hangs_and_everything_else(login: Login) -> None:
    script = f"echo $$ >{login.folder}/pid; echo waiting >&2; exec sleep 600"

    with login.by(script).terminal("token", "list") as terminal:
        terminal.reads("waiting")
        started = _relatives(int((login.folder / "pid").read_text()))
        terminal.presses_ctrl_c()
        status = terminal.status()

    assert status == 130
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in started), what="nothing is left running")


def test_a_login_that_is_refused_is_renewed_once(login: Login) -> None:
    answer = login.by(f'[ "$COUNT" = 1 ] && TOKEN=over\n{GIVES}').run("token", "list")

    assert (answer.status, login.runs) == (0, 2)


def test_a_login_that_stays_refused_is_told(login: Login) -> None:
    answer = login.by(f"TOKEN=over\n{GIVES}").run("token", "list")

    assert answer.status == 1
    assert answer.stderr.startswith("Error: The API server does not accept your login.\n")


def test_a_login_that_ends_is_renewed_before_the_next_request(login: Login) -> None:
    ended = """END=',"expirationTimestamp":"2020-01-01T00:00:00Z"'"""

    answer = login.by(f"{ended}\n{GIVES}").run("token", "list")

    assert answer.status == 0
    assert login.runs >= 2  # who asks, and the list


def test_a_login_that_cannot_be_renewed_in_the_middle_is_told(login: Login) -> None:
    ended = """END=',"expirationTimestamp":"2020-01-01T00:00:00Z"'"""

    answer = login.by(f'[ "$COUNT" = 1 ] || {{ echo over >&2; exit 1; }}\n{ended}\n{GIVES}').run("token", "list")

    assert answer.status == 1
    assert answer.stderr.startswith("over\nError: The kubeconfig's exec plugin failed: ")


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder of a short path: a socket's has about a hundred characters at most."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_kubectl_ends_with_the_command_that_it_serves(login: Login, temporary: Path, end: signal.Signals) -> None:
    plugin = login.by(f"echo $$ >{login.folder}/pid; exec sleep 600")
    command = subprocess.Popen(
        plugin.command("token", "list"), env={**plugin.environment, "TMPDIR": str(temporary)}, stderr=subprocess.DEVNULL
    )
    try:
        wait_until((login.folder / "pid").exists, what="the plugin is run")
        wait_until(lambda: bool((login.folder / "pid").read_text()), what="the plugin is known")
        hanging = psutil.Process(int((login.folder / "pid").read_text()))
        proxy = hanging.parent()
        assert proxy is not None
        (folder,) = temporary.iterdir()
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())}
        command.send_signal(end)
        wait_until(
            lambda: not proxy.is_running() and not list(temporary.iterdir()), what="kubectl and its folder are gone"
        )
        os.kill(hanging.pid, signal.SIGKILL)  # kubectl does not end it either
    finally:
        command.kill()
        command.wait(10)

    assert modes == {folder.name: "0o700", "kubectl.sock": "0o700"}


def test_no_secret_is_in_a_command_line_a_variable_or_a_port(login: Login) -> None:
    secret = (login.folder / "token").read_text()
    script = f"ps -e -ww -o args= >{login.folder}/words; env >{login.folder}/env\n{GIVES}"
    ports = f"(ss -ltnp 2>/dev/null || cat /proc/net/tcp) >{login.folder}/ports"

    assert login.by(f"{ports}\n{script}").run("token", "list").status == 0

    written = "".join((login.folder / name).read_text() for name in ("words", "env"))
    assert "proxy --unix-socket=" in written
    assert secret not in written
    assert "kubectl" not in (login.folder / "ports").read_text()


def test_without_kubectl_it_is_said(control_plane: ControlPlane, tmp_path: Path) -> None:
    plugin = Plugin(control_plane, "default")
    script = Path(plugin.environment["PATH"].split(":")[0]) / "kubectl-access"

    done = subprocess.run(
        [str(script), "token", "list"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "Error: There is no kubectl on PATH, by which kubectl access signs in.",
            "Install it: https://kubernetes.io/docs/tasks/tools/",
        ],
    )


def _relatives(pid: int) -> list[int]:
    """That process, and those above it up to the program that the terminal runs."""
    parents = psutil.Process(pid).parents()
    return [pid, *(each.pid for each in parents if each.pid not in {os.getpid(), 1} and "pytest" not in each.name())][
        :3
    ]


def test_what_another_program_answers_in_kubectls_place_is_told(control_plane: ControlPlane, tmp_path: Path) -> None:
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "kubectl").chmod(0o700)
    plugin = Plugin(control_plane, "default")
    script = Path(plugin.environment["PATH"].split(":")[0]) / "kubectl-access"

    done = subprocess.run(
        [str(script), "token", "list"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: Cannot read the kubeconfig: the output of kubectl config view is not JSON.\n")
    assert json.dumps(done.stdout) == '""'
