"""A place where `token create` fails halfway, and the proof that a secret was handed over once all the same."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tests.support.kubectl.plugin_runner import Plugin, Told
from tests.support.operators.striking_proxy import Proxy
from tools.control_plane.api import Api
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["COMMAND", "Place", "a_place", "assert_handed_over_once", "next_command"]

COMMAND = re.compile(r"kubectl (?:access|delete) .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with a credential, its administrator's plugin, and the way to the API server that breaks."""

    workspace: Workspace
    plugin: Plugin
    proxy: Proxy


@contextmanager
def a_place(control_plane: ControlPlane, here: str, folder: Path) -> Iterator[Place]:
    """A new namespace of that name with an administrator, anna; her kubeconfig is put into the folder."""
    anna = f"system:serviceaccount:{here}:anna"
    control_plane.kubectl("create", "namespace", here)
    control_plane.kubectl("create", "serviceaccount", "anna", f"--namespace={here}")
    who = f"--serviceaccount={here}:anna"
    control_plane.kubectl("create", "rolebinding", "anna", "--clusterrole=admin", who, f"--namespace={here}")
    can = ("auth", "can-i", "create", "apicredentials.access.pharia.ai", "--subresource=token", f"--namespace={here}")
    wait_until(lambda: control_plane.kubectl(*can, user=anna, check=False).returncode == 0, what="anna may mint")
    workspace = Workspace(Api(control_plane.kubeconfig), here)
    workspace.role()
    workspace.credential()
    path = folder / "kubeconfig"
    with Proxy(control_plane.server_url, control_plane.ca_file, serves_as=control_plane.pki.server) as proxy:
        control_plane.service_account_kubeconfig(here, "anna", path, server=proxy.url)
        yield Place(workspace, Plugin(control_plane, here, kubeconfig=path), proxy)
    control_plane.kubectl("delete", "namespace", here, "--wait=false")


def next_command(answer: Told) -> str:
    """The one command that it names for what is to be done next."""
    (command,) = [found for found in COMMAND.findall(answer.stderr) if "kubectl version" not in found]
    return str(command)


def assert_handed_over_once(place: Place, name: str, *answers: Told) -> None:
    """One token of that name, its secret on standard output once and nowhere else, and its Secret gone."""
    written = [line for answer in answers for line in answer.stdout.splitlines() if line.startswith("pharia_")]
    status = place.workspace.until_outcome(name, "Active", "Issued")["status"]
    assert len(written) == 1
    assert verify_hash(status["hash"], parse(written[0]))
    assert not [answer for answer in answers if written[0] in answer.stderr]
    assert "Traceback" not in "".join(answer.everything for answer in answers)
    place.workspace.until_gone("Secret", f"{name}-token")
