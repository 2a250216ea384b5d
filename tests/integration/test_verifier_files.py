"""Files that a running verifier reads, and descriptors that run out: what was read last stays, and good tokens good."""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
import time
from contextlib import ExitStack, closing, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
import trustme

from tools.control_plane.operators import PROGRAM
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import RunningVerifier, Verifiers, start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

PATH = "/auth/forward"
LOOK_SECONDS = 2.0


def limited(soft: int, hard: int) -> Sequence[str | Path]:
    """The program with so many open files."""
    return ("/bin/sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$0" "$@"', PROGRAM)


def metric(verifier: RunningVerifier, name: str) -> float | None:
    lines = dict(line.rsplit(" ", 1) for line in verifier.get("/metrics")[1].splitlines() if line[:1] not in {"", "#"})
    return float(lines[name]) if name in lines else None


def has(verifier: RunningVerifier, name: str, value: float) -> None:
    wait_until(lambda: metric(verifier, name) == value, what=f"{name} is {value:g}", timeout=20)


@pytest.fixture
def run(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(control_plane, tmp_path)
    yield runner
    runner.stop()


class Runner(Verifiers):
    """Starts verifiers in one folder, one after the other; ends them."""

    def __init__(self, control_plane: ControlPlane, root: Path) -> None:
        super().__init__(control_plane)
        self.root = root
        self.keyring = root / "keyring"
        write_keyring(control_plane, self.keyring)

    def __call__(self, program: Sequence[str | Path] = (PROGRAM,), **settings: str) -> RunningVerifier:
        return self.start(self.root, settings, program=program)

    def keys(self) -> int:
        """How many the keyring has: other tests may have rotated it."""
        return len([file for file in self.keyring.iterdir() if file.name != "current"])


@contextmanager
def crowd(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections that say nothing; those that are turned away are counted too."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(count)]
        yield held


def kept(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(connection: http.client.HTTPConnection, token: str) -> int:
    connection.request("GET", PATH, headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    response.read()
    return response.status


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("files", [256, 1024])
def test_more_connections_than_descriptors_cost_neither_probes_nor_keys_nor_good_tokens(
    run: Runner, workspace: Workspace, files: int, *, tls: bool
) -> None:
    token = workspace.issued_text()
    authority = trustme.CA()
    verifier = run(limited(files, files), **(serving(run.root, authority) if tls else {}))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    good = http.client.HTTPSConnection("127.0.0.1", verifier.port, context=context) if tls else kept(verifier.port)
    assert ask(good, token) == HTTPStatus.OK

    probes, answers = [], []
    with closing(good), crowd(verifier.port, 1300):
        write_keyring(run.control_plane, run.keyring)  # the same keys, in other files
        until = time.monotonic() + 2 * LOOK_SECONDS
        while time.monotonic() < until:
            probes.append(verifier.get("/readyz")[0])
            answers.append(ask(good, token))
            time.sleep(0.05)

    assert set(probes) == {HTTPStatus.OK}
    assert set(answers) == {HTTPStatus.OK}
    assert metric(verifier, "pharia_access_keyring_keys") == run.keys()
    assert (metric(verifier, "pharia_access_connections_limit") or 0) < files
    log = verifier.process.log_text()
    assert "cannot be" not in log
    assert "because of the limit of open files" in log
    wait_until(lambda: verifier.process.log_text().count("read the keyring") >= 2, what="the new files", timeout=15)
    good.close()


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be(run: Runner) -> None:
    verifier = run(limited(256, 6000))

    assert metric(verifier, "process_max_fds") == 6000
    assert metric(verifier, "pharia_access_connections_limit") == 4096
    assert "limit of open files" not in verifier.process.log_text()


def serving(folder: Path, authority: trustme.CA) -> dict[str, str]:
    """A new certificate in the files, and the settings that name them."""
    leaf = authority.issue_cert("127.0.0.1")
    (folder / "tls.crt").write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    (folder / "tls.key").write_bytes(leaf.private_key_pem.bytes())
    return {"TLS_CERT_FILE": str(folder / "tls.crt"), "TLS_KEY_FILE": str(folder / "tls.key")}


def shown(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=10)


def test_a_certificate_is_read_until_that_succeeds_and_its_end_is_told(run: Runner) -> None:
    authority = trustme.CA()
    verifier = run(**serving(run.root, authority))
    first = shown(verifier.port)
    ends = 'pharia_access_certificate_not_after_timestamp_seconds{certificate="checks"}'
    assert (metric(verifier, ends) or 0) > time.time()

    key = (run.root / "tls.key").read_bytes()
    (run.root / "tls.key").unlink()
    has(verifier, 'pharia_access_reload_successful{source="checks-certificate"}', 0)
    assert shown(verifier.port) == first
    (run.root / "tls.key").write_bytes(key[: len(key) // 2])
    time.sleep(LOOK_SECONDS)
    assert shown(verifier.port) == first
    serving(run.root, authority)
    has(verifier, 'pharia_access_reload_successful{source="checks-certificate"}', 1)

    assert shown(verifier.port) != first
    assert verifier.process.log_text().count("the checks-certificate cannot be used") <= 2


def test_a_certificate_that_cannot_be_read_at_the_start_is_told_in_a_sentence(run: Runner) -> None:
    settings = serving(run.root, trustme.CA())
    (run.root / "tls.key").write_text("")
    env = {f"PHARIA_ACCESS_{name}": value for name, value in settings.items()}
    verifier = start_verifier(run.control_plane, run.root, env)
    run.started.append(verifier)

    wait_until(lambda: not verifier.process.running, what="it ends", timeout=30)

    assert verifier.process.popen.returncode == 1
    assert "pharia-access: the TLS files cannot be used" in verifier.process.log_text()
    assert "Traceback" not in verifier.process.log_text()


def test_a_keyring_that_cannot_be_read_at_the_start_is_read_later(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    (current,) = (file for file in run.keyring.iterdir() if file.name == "current")
    key_id = current.read_bytes()
    current.write_bytes(b"")

    verifier = run()

    assert verifier.ask(PATH, token).status == HTTPStatus.OK
    assert metric(verifier, 'pharia_access_reload_successful{source="keyring"}') == 0
    current.write_bytes(key_id)
    has(verifier, "pharia_access_keyring_keys", run.keys())
    assert metric(verifier, 'pharia_access_reload_successful{source="keyring"}') == 1


def test_another_key_under_the_same_id_makes_no_good_token_bad(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    workspace.issued("unused", ttl="1h")
    unused = workspace.text("unused-token").reveal()
    forged = token[:-8] + ("aaaaaaaa" if token[-8:] != "aaaaaaaa" else "bbbbbbbb")
    running = run()
    key = run.keyring / workspace.known("ApiToken", "unused")["status"]["mac"]["keyID"]
    true_key = key.read_bytes()

    key.write_bytes(secrets.token_bytes(32))
    wait_until(lambda: running.process.log_text().count("read the keyring") == 2, what="the other key", timeout=15)
    starting = run()
    for verifier in (running, starting):
        statuses = [verifier.ask(PATH, text).status for text in (forged, token, unused, forged)]
        assert statuses == [HTTPStatus.UNAUTHORIZED, HTTPStatus.OK, HTTPStatus.OK, HTTPStatus.UNAUTHORIZED]
        assert metric(verifier, "pharia_access_keyring_keys_replaced") == 1

    key.write_bytes(true_key)
    has(running, "pharia_access_keyring_keys_replaced", 0)
    assert running.ask(PATH, unused).status == HTTPStatus.OK
