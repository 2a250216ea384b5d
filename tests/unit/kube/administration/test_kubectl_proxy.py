"""kubectl is started with what was chosen, and whatever it does instead of serving is an error; by a script for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import LoginError
from pharia_access.kube.administration.kubectl_proxy import LoginOptions, lent_login
from pharia_access.kube.administration.plugin_terminal import Terminal
from pharia_access.kube.administration.plugin_words import PluginWords
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

VIEW = (
    '{"contexts":[{"name":"x","context":{"user":"u","namespace":"finance"}}],"current-context":"x",'
    '"users":[{"name":"u","user":{"token":"REDACTED","as":"jane"}}]}'
)
SHOWS = f"echo '{VIEW}'"
FIFO = 'mkfifo "$HERE/go"'
SERVES = 'echo "$@" >"$HERE/words"; echo "Starting to serve on it"; exec sleep 600'


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a script on PATH as kubectl: what it shows of the kubeconfig, and what it does as a proxy."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def put(proxy: str = SERVES, view: str = SHOWS) -> None:
        script = tmp_path / "kubectl"
        script.write_text(f'#!/bin/sh\nHERE={tmp_path}\nif [ "$1" = config ]; then {view}; else {proxy}; fi\n')
        script.chmod(0o700)

    return put


SIGNED_IN_BY_PLUGIN = SHOWS.replace('"token":"REDACTED"', '"exec":{"command":"login"}')
LOGGED = "E1130 06:22:16.939723    1299 proxy_server.go:147] Error while proxying request: valid for a"


def quiet(written: list[tuple[bytes, bool]] | None = None) -> Terminal:
    def write(words: bytes, *, exact: bool) -> None:
        if written is not None:
            written.append((words, exact))

    return Terminal(reads=False, shows=False, write=write)


def test_kubectl_gets_the_options_and_the_context_by_its_name(kubectl: Callable[..., None], tmp_path: Path) -> None:
    kubectl()

    with lent_login(LoginOptions("/k", None, "joe", ("a", "b")), in_pod=False, terminal=quiet()) as login:
        words = (tmp_path / "words").read_text().split()

    assert (login.namespace, login.impersonated, login.runs_plugin) == ("finance", "joe", False)
    assert words[0] == "proxy"
    assert words[-5:] == ["--kubeconfig=/k", "--context=x", "--as=joe", "--as-group=a", "--as-group=b"]
    assert not login.socket.parent.exists()


def test_whom_the_kubeconfig_impersonates_is_known(kubectl: Callable[..., None]) -> None:
    kubectl()

    with lent_login(LoginOptions(), in_pod=False, terminal=quiet()) as login:
        assert login.impersonated == "jane"


@pytest.mark.parametrize(
    ("proxy", "view", "why"),
    [
        pytest.param(SERVES, "echo 'error: no' >&2; exit 1", "says kubectl: no", id="no view"),
        pytest.param(SERVES, "echo hello", "is not JSON", id="another view"),
        pytest.param(SERVES, "echo '{}'", "no current context", id="an empty kubeconfig"),
        pytest.param("echo 'error: EOF' >&2; exit 1", SHOWS, "are empty", id="it asks for a name"),
        pytest.param("exit 0", SHOWS, "says kubectl: nothing", id="it ends without a word"),
        pytest.param("kill -9 $$", SHOWS, "says kubectl: nothing", id="it is killed"),
    ],
)
def test_what_does_not_serve_is_no_login(kubectl: Callable[..., None], proxy: str, view: str, why: str) -> None:
    kubectl(proxy, view)

    with pytest.raises(LoginError, match=why), lent_login(LoginOptions(), in_pod=False, terminal=quiet()):
        pass


def test_a_pod_signs_in_without_a_kubeconfig_but_as_nobody_else(kubectl: Callable[..., None]) -> None:
    kubectl(view="echo '{}'")

    with lent_login(LoginOptions(), in_pod=True, terminal=quiet()) as login:
        assert (login.namespace, login.impersonated) == ("", "")
    with (
        pytest.raises(LoginError, match="does not impersonate"),
        lent_login(LoginOptions(user="jane"), in_pod=True, terminal=quiet()),
    ):
        pass


def test_words_that_came_before_the_end_are_shown(kubectl: Callable[..., None]) -> None:
    written: list[tuple[bytes, bool]] = []
    kubectl(
        'echo "Starting to serve on it"; read -r _ <"$HERE/go"; echo words >&2; exec sleep 600',
        f"{FIFO}; {SIGNED_IN_BY_PLUGIN}",
    )

    with lent_login(LoginOptions(), in_pod=False, terminal=quiet(written)) as login:
        go = Path(os.environ["PATH"].partition(os.pathsep)[0]) / "go"
        go.write_text("go\n")
        wait_until(lambda: written == [(b"words\n", True)], what="the words are shown at once")

    assert login.namespace == "finance"


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        pytest.param(SIGNED_IN_BY_PLUGIN, [(b"asked\n", True), (b"\x1b[2J\n", False)], id="a plugin speaks too"),
        pytest.param(SHOWS, [], id="nobody but kubectl speaks"),
    ],
)
def test_the_rest_of_a_log_entry_in_pieces_is_never_passed_on_as_it_is(
    kubectl: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    view: str,
    shown: list[tuple[bytes, bool]],
) -> None:
    """A server's certificate has any bytes in its names, and client-go's error quotes them."""
    written: list[tuple[bytes, bool]] = []
    read, feed = list[bytes](), PluginWords.feed

    def noted(words: PluginWords, piece: bytes) -> bytes:
        read.append(piece)
        return feed(words, piece)

    monkeypatch.setattr(PluginWords, "feed", noted)
    pieces = ("asked\\n", f"{LOGGED}\\n", "\\033[2J\\n", "")
    writes = "; ".join(f"read -r _ <$HERE/go{n}; printf '{piece}' >&2" for n, piece in enumerate(pieces))
    makes = " ".join(f"$HERE/go{n}" for n, _ in enumerate(pieces))
    kubectl(f"echo 'Starting to serve on it'; {writes}; exec sleep 600", f"mkfifo {makes}; {view}")

    with lent_login(LoginOptions(), in_pod=False, terminal=quiet(written)):
        for number in range(len(pieces)):
            (tmp_path / f"go{number}").write_text("go\n")
            if pieces[number] and shown:
                wait_until(lambda: len(read) > number, what="the piece is read by itself")  # noqa: B023 - at once

    assert written == shown


def test_a_reader_that_is_gone_does_not_keep_kubectl_waiting(kubectl: Callable[..., None], tmp_path: Path) -> None:
    def gone(words: bytes, *, exact: bool) -> None:
        raise BrokenPipeError

    kubectl(
        'echo "Starting to serve on it"; read -r _ <"$HERE/go"; head -c 1000000 /dev/zero >&2; touch "$HERE/wrote";'
        " exec sleep 600",
        f"{FIFO}; {SIGNED_IN_BY_PLUGIN}",
    )

    with lent_login(LoginOptions(), in_pod=False, terminal=Terminal(reads=False, shows=False, write=gone)):
        (tmp_path / "go").write_text("go\n")
        wait_until((tmp_path / "wrote").exists, what="kubectl has written")


@pytest.mark.parametrize("missing", ["kubectl", "sh"])
def test_what_cannot_be_run_is_told(
    kubectl: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing == "kubectl":
        monkeypatch.setenv("PATH", str(tmp_path))
    else:
        kubectl()
        (tmp_path / "kubectl").write_bytes(b"\x7fELF")

    with (
        pytest.raises(LoginError, match=r"no kubectl on PATH|cannot run"),
        lent_login(LoginOptions(), in_pod=False, terminal=quiet()),
    ):
        pass


def test_a_folder_for_the_socket_must_be_there(kubectl: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl()
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")

    with (
        pytest.raises(LoginError, match="no place for kubectl's socket"),
        lent_login(LoginOptions(), in_pod=False, terminal=quiet()),
    ):
        pass


def test_a_long_folder_for_temporary_files_is_not_used(
    kubectl: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl()
    long = tmp_path / ("a" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    with lent_login(LoginOptions(), in_pod=False, terminal=quiet()) as login:
        assert login.socket.is_relative_to("/tmp")  # noqa: S108 - looked at
    assert not login.socket.parent.exists()


def test_a_kubectl_that_does_not_want_to_end_is_killed(
    kubectl: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pharia_access.kube.administration.kubectl_proxy._END_SECONDS", 0.2)
    kubectl("trap '' TERM; echo 'Starting to serve on it'; while :; do sleep 1; done")

    with lent_login(LoginOptions(), in_pod=False, terminal=quiet()) as login:
        pass

    assert not login.socket.parent.exists()


def test_a_kubectl_that_never_serves_is_waited_for_no_longer(
    kubectl: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pharia_access.kube.administration.kubectl_proxy._START_SECONDS", 0.2)
    kubectl("exec sleep 600")

    with (
        pytest.raises(LoginError, match="does not answer in time"),
        lent_login(LoginOptions(), in_pod=False, terminal=quiet()),
    ):
        pass
