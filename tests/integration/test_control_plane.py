"""The local control plane itself: what the other tests rely on without looking."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import ProcessError, ProcessRecord, end_recorded, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A bare control plane that this module may harm."""
    with ControlPlane.start(tmp_path_factory.mktemp("own")) as control_plane:
        yield control_plane


def test_secrets_are_encrypted_at_rest(own: ControlPlane) -> None:
    own.kubectl("create", "secret", "generic", "encrypted", "--from-literal=text=words-in-a-secret")
    own.kubectl("create", "configmap", "plain", "--from-literal=text=words-in-a-configmap")

    stored = b"".join(file.read_bytes() for file in (own.root / "etcd").rglob("*") if file.is_file())

    assert b"words-in-a-configmap" in stored
    assert b"words-in-a-secret" not in stored


def test_the_audit_log_tells_requests_and_never_bodies(own: ControlPlane) -> None:
    own.kubectl("create", "secret", "generic", "audited", "--from-literal=text=words-in-an-audited-secret")

    events = [event for event in own.audit_events() if "audited" in json.dumps(event)]

    assert [event["verb"] for event in events] == ["create"]
    assert "words-in-an-audited-secret" not in own.audit_log.read_text()


def test_blocking_an_owner_needs_the_right_to_change_its_finalizers(own: ControlPlane) -> None:
    owner = own.kubectl("create", "configmap", "owner", "--output=json").stdout
    own.kubectl("create", "role", "writer", "--verb=create", "--resource=configmaps")
    own.kubectl("create", "rolebinding", "writer", "--role=writer", "--user=writer")
    child = _child_of(owner, "child", blockOwnerDeletion=True)

    refused = own.kubectl("create", "--filename=-", stdin=child, user="writer", check=False)

    assert "cannot set blockOwnerDeletion" in refused.stderr


def test_what_an_absent_owner_leaves_is_collected(own: ControlPlane) -> None:
    owner = own.kubectl("create", "configmap", "parent", "--output=json").stdout
    own.kubectl("create", "--filename=-", stdin=_child_of(owner, "orphan"))

    own.kubectl("delete", "configmap", "parent")

    own.kubectl("wait", "--for=delete", "configmap/orphan", "--timeout=10s")


def test_a_service_account_signs_in_with_its_own_rights_only(own: ControlPlane, tmp_path: Path) -> None:
    own.kubectl("create", "serviceaccount", "nobody")
    kubeconfig = own.service_account_kubeconfig("default", "nobody", tmp_path / "kubeconfig")

    whoami = own.kubectl("auth", "whoami", f"--kubeconfig={kubeconfig}", "--output=json").stdout
    refused = own.kubectl("get", "secrets", f"--kubeconfig={kubeconfig}", check=False).stderr

    assert json.loads(whoami)["status"]["userInfo"]["username"] == "system:serviceaccount:default:nobody"
    assert "Forbidden" in refused


def test_a_kubeconfig_may_name_a_proxy(own: ControlPlane, tmp_path: Path) -> None:
    own.kubectl("create", "serviceaccount", "remote")
    kubeconfig = own.service_account_kubeconfig(
        "default", "remote", tmp_path / "kubeconfig", server="https://127.0.0.1:1"
    )

    refused = own.kubectl("auth", "whoami", f"--kubeconfig={kubeconfig}", check=False).stderr

    assert "127.0.0.1:1 was refused" in refused


def test_data_outlives_a_restart_of_etcd_and_the_api_server(own: ControlPlane) -> None:
    own.kubectl("create", "configmap", "kept")

    own.stop_api_server()
    own.stop_etcd()
    own.start_etcd()
    own.start_api_server()

    assert own.kubectl("get", "configmap", "kept", "--output=name").stdout == "configmap/kept\n"


def test_a_failing_client_says_what_it_was_told(own: ControlPlane) -> None:
    with pytest.raises(ProcessError, match='configmaps "missing" not found'):
        own.kubectl("get", "configmap", "missing")


def test_two_run_side_by_side_and_one_that_ends_leaves_nothing_behind(own: ControlPlane, tmp_path: Path) -> None:
    with ControlPlane.start(tmp_path / "other") as other:
        own.kubectl("create", "configmap", "of-the-first")
        elsewhere = other.kubectl("get", "configmap", "of-the-first", check=False)
        foreign = other.kubectl("get", "namespaces", f"--server={own.server_url}", check=False)
        pids = [process.pid for process in other.processes]

    assert "not found" in elsewhere.stderr
    assert "certificate" in foreign.stderr
    assert len(pids) == len(_PROGRAMS)
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert all(process.running for process in own.processes)


def test_a_killed_starter_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tools.control_plane.plane import ControlPlane\n"
        "started = ControlPlane.start(Path(sys.argv[1]))\n"
        "print(*(process.pid for process in started.processes), flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "left")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        running = [psutil.Process(pid).name()[:15] for pid in pids]

        starter.kill()

    assert running == [name[:15] for name in _PROGRAMS]
    wait_until(lambda: not any(map(_alive, pids)), what="everything has ended", timeout=5)


def test_only_the_recorded_process_is_ended_never_one_that_got_its_pid() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as sleeper:
        started = psutil.Process(sleeper.pid).create_time()

        ended_another = end_recorded(ProcessRecord("sleep", sleeper.pid, started - 100))
        still_running = sleeper.poll() is None
        ended_the_right_one = end_recorded(ProcessRecord("sleep", sleeper.pid, started))
        ended_again = end_recorded(ProcessRecord("sleep", sleeper.pid, started))

    assert still_running
    assert (ended_another, ended_the_right_one, ended_again) == (False, True, False)


def _child_of(owner: str, name: str, **options: bool) -> str:
    """A ConfigMap owned by another, whose JSON is `owner`."""
    metadata = json.loads(owner)["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}
    child = {"name": name, "ownerReferences": [{**reference, **options}]}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": child})


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
