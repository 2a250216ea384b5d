"""A person's login is kubectl's: each kubeconfig is tried by the real kubectl and by kubectl access.

They agree in who asked, as the API server's audit log has it, in the way that was taken, and in that it failed.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.kubectl.detours import detours
from tests.support.kubectl.login_rows import Row, write
from tests.support.kubectl.login_table import ROWS, WORKS, combinations
from tests.support.kubectl.login_world import LoginWorld
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

HERE = "logins"
READERS = ("clusterrole", "reads-tokens", "--verb=list", "--resource=apitokens.access.pharia.ai")
IN_PODS = shutil.which("unshare") is not None and (
    subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
)


@pytest.fixture(scope="module")
def logins(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoginWorld]:
    folder = tmp_path_factory.mktemp("logins")
    token, reader = _people(control_plane)
    port = control_plane.server_url.rpartition(":")[2]
    with detours(int(port), control_plane.pki.server) as ways:
        pki = control_plane.pki
        facts = {
            "token": token,
            "reader": reader,
            "server": control_plane.server_url,
            "port": port,
            "ca": str(pki.ca_file),
            "cert": str(pki.admin.certificate),
            "key": str(pki.admin.key),
            "ca_data": _inline(pki.ca_file),
            "cert_data": _inline(pki.admin.certificate),
            "key_data": _inline(pki.admin.key),
            "plugins": str(folder / "plugins"),
            "path": f"{control_plane.bin}:{os.defpath}",
            **{scheme: way.url for scheme, way in ways.items()},
        }
        _write_plugins(folder / "plugins", facts)
        for name, text in (("token", token), ("namespace", HERE), ("ca.crt", pki.ca_file.read_text())):
            write(folder / "account" / name, text)
        yield LoginWorld(control_plane, folder, ways, facts)


@pytest.mark.parametrize("row", [*ROWS, *combinations(7, 60)], ids=lambda row: row.name.replace(" ", "-"))
def test_who_asks_is_whom_kubectl_asks_as(logins: LoginWorld, row: Row, tmp_path: Path) -> None:
    if row.in_pod and not IN_PODS:
        pytest.skip("only root can make a mount namespace")

    theirs = logins.kubectl(row, tmp_path)
    ours = logins.ours(row, tmp_path)

    assert ours == theirs
    assert not (ours.failed and row.name in WORKS)
    if ours.failed:
        assert logins.said.startswith("Error: ") or "\nError: " in logins.said
        assert "fault of kubectl access" not in logins.said
    assert not logins.said.count(logins.facts["token"])


def _people(control_plane: ControlPlane) -> tuple[str, str]:
    """The tokens of one who may do everything, and of one who may list tokens."""
    for namespace in (HERE, "other", "third"):
        control_plane.kubectl("create", "namespace", namespace)
    control_plane.kubectl("create", *READERS)
    roles = {"everything": "cluster-admin", "reader": "reads-tokens"}
    for name, role in roles.items():
        control_plane.kubectl("create", "serviceaccount", name, f"--namespace={HERE}")
        who = f"--serviceaccount={HERE}:{name}"
        control_plane.kubectl("create", "clusterrolebinding", f"logins-{name}", f"--clusterrole={role}", who)
    control_plane.kubectl(
        "create", "clusterrolebinding", "logins-readers", "--clusterrole=reads-tokens", "--group=readers"
    )
    can = ("auth", "can-i", "list", "apitokens.access.pharia.ai", "--as-group=readers")
    wait_until(lambda: not control_plane.kubectl(*can, user="jane", check=False).returncode, what="readers may read")
    everything, reader = (
        control_plane.kubectl("create", "token", name, f"--namespace={HERE}").stdout.strip() for name in roles
    )
    return everything, reader


def _inline(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _write_plugins(folder: Path, facts: dict[str, str]) -> None:
    pair = {"clientCertificateData": _text(facts["cert"]), "clientKeyData": _text(facts["key"])}
    good = _answer({"token": facts["token"]})
    ended = _answer({"token": facts["token"], "expirationTimestamp": "2020-01-01T00:00:00Z"})
    scripts = {
        "good": _says(good),
        "login-plugin": _says(good),
        "beta": _says(_answer({"token": facts["token"]}, "v1beta1")),
        "certificates": _says(_answer(pair)),
        "both": _says(_answer({"token": facts["token"], **pair})),
        "ended": _says(ended),
        "wrong": _says(_answer({"token": "wrong"})),
        "blank": _says(_answer({"token": " "})),
        "tokenless": _says(_answer({})),
        "garbage": "echo no JSON",
        "empty": "",
        "fails": "echo 'Your session has ended' >&2; exit 255",
        "killed": "kill -9 $$",
        "exact": f'[ "$#" = 1 ] && [ "$1" = "a b" ] && [ "$C" = d ] || exit 3\n{_says(good)}',
        "cluster": f'case "$KUBERNETES_EXEC_INFO" in *{facts["server"]}*) ;; *) exit 3;; esac\n{_says(good)}',
        "megabytes": "head -c 8000000 /dev/zero | tr '\\0' a",
        "talks": f"head -c 8000000 /dev/zero | tr '\\0' a >&2\n{_says(good)}",
    }
    for name, script in scripts.items():
        write(folder / name, f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o700)


def _says(answer: str) -> str:
    return f"cat <<'END'\n{answer}\nEND"


def _answer(status: dict[str, str], version: str = "v1") -> str:
    kind = {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential"}
    return json.dumps({**kind, "status": status})


def _text(path: str) -> str:
    with open(path, encoding="ascii") as file:  # noqa: PTH123 - a fact is a text
        return file.read()
