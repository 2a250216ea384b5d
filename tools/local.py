"""Starts and ends the control plane that a person works with: `python -m tools.local up|down`.

Keeps everything in one folder, `.local/`: data, logs, the kubeconfig, a file to source, and which processes it
started. Ends exactly those.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.installation import install
from tools.control_plane.operators import PROGRAM, start_operator
from tools.control_plane.pki import write_private
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import Process, ProcessError, ProcessRecord, end_recorded, is_running, log_tail
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, start_verifier, write_keyring
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["main"]

_DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / ".local"

_OPERATOR, _VERIFIER = PROGRAM.name, VERIFIER_ACCOUNT
_PLUGIN = ("kubectl-access", "kubectl_complete-access", "pharia-access")

_NEXT = """\
A Kubernetes API server with pharia-access runs at {server}.
  . {folder}/env                      KUBECONFIG, VERIFIER_URL, kubectl, kubectl access and helm on PATH, for this shell
  kubectl apply -f examples/        the namespace finance, roles, a credential, two tokens
  kubectl access token list --all-namespaces
  kubectl access token create invoice-bot --namespace finance --expires 1d
  kubectl access console --namespace finance    the same in a browser
  kubectl explain apitoken.spec
The verifier answers at {verifier}: ask it with a token,
  curl -i -H "Authorization: Bearer $TOKEN" $VERIFIER_URL/whoami
Logs: {folder}/operator/operator.log, {folder}/verifier/verifier.log, {folder}/control-plane/*.log
`make down` ends it and removes its data."""


class _KeptLogins:
    """The kubeconfigs that the programs had before."""

    def service_account_kubeconfig(self, namespace: str, name: str, path: Path, *, server: str | None = None) -> Path:  # noqa: ARG002
        """The one that is there."""
        return path


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Where everything of one control plane is kept."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "processes.json"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def env(self) -> Path:
        return self.folder / "env"

    def records(self) -> list[ProcessRecord]:
        """What was started here, in the order in which it is best ended."""
        if not self.state.exists():
            return []
        return [ProcessRecord(**record) for record in json.loads(self.state.read_text())]

    def log(self, name: str) -> Path:
        """The log of one of our two programs."""
        component = "operator" if name == _OPERATOR else "verifier"
        return self.folder / component / f"{component}.log"

    def write_records(self, records: Iterable[ProcessRecord]) -> None:
        """Write down what was started."""
        self.state.write_text(json.dumps([dataclasses.asdict(record) for record in records], indent=2))

    def replace(self, process: Process) -> None:
        """Write down that a program was started anew."""
        self.write_records(process.record() if each.name == process.name else each for each in self.records())

    def move_verifier(self, url: str) -> None:
        """Let the file to source name another address of the verifier."""
        lines = [line for line in self.env.read_text().splitlines() if "VERIFIER_URL" not in line]
        self.env.write_text("\n".join([*lines, f"export VERIFIER_URL={url}", ""]))

    def remove(self) -> None:
        """Remove what `up` made; what else is in the folder stays."""
        for folder in ("control-plane", "operator", "verifier"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        for file in (self.state, self.kubeconfig, self.env):
            file.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Do what was asked; answer the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.local", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument("--folder", type=Path, default=_DEFAULT_FOLDER, help="default: %(default)s")
    asked = parser.parse_args(arguments)
    place = _Place(asked.folder.resolve())
    try:
        return _up(place) if asked.command == "up" else _down(place)
    except (BuildError, ProcessError) as error:
        print(f"{asked.command}: {error}", file=sys.stderr)
        return 1


def _up(place: _Place) -> int:
    records = place.records()
    ended = [record.name for record in records if not is_running(record)]
    if len(ended) < len(records):
        return _revive(place, ended)
    place.remove()
    place.folder.mkdir(exist_ok=True)
    print("Starting etcd, kube-apiserver and kube-controller-manager ...", flush=True)
    control_plane = ControlPlane.start(place.folder / "control-plane", die_with_parent=False)
    try:
        operator = _furnish(control_plane, place.folder / "operator")
        verifier = _start_verifier(control_plane, place.folder / "verifier", operator)
        _write_down(place, control_plane, operator, verifier)
    except BaseException:
        control_plane.stop()
        raise
    folder = os.path.relpath(place.folder)
    print(_NEXT.format(server=control_plane.server_url, folder=folder, verifier=verifier.url))
    return 0


def _revive(place: _Place, ended: list[str]) -> int:
    """Start our programs that have ended beside what still runs; answer the exit status."""
    if not ended:
        print(f"It runs already: `. {place.env}` to use it, `make down` to end it.")
        return 0
    if {*ended} - {_OPERATOR, _VERIFIER}:
        print(
            f"up: {', '.join(ended)} ended since, so this cluster is of no use: run make down, then make up",
            file=sys.stderr,
        )
        return 1
    print(f"{' and '.join(ended)} ended since; starting anew. The end of the log says why:")
    logins = _KeptLogins()
    if _OPERATOR in ended:
        print(log_tail(place.log(_OPERATOR)))
        operator = start_operator(logins, place.folder / "operator", die_with_parent=False)
        place.replace(operator.process)
        operator.wait_until_ready()
    if _VERIFIER in ended:
        print(log_tail(place.log(_VERIFIER)))
        verifier = start_verifier(logins, place.folder / "verifier", die_with_parent=False)
        place.replace(verifier.process)
        verifier.wait_until_ready()
        place.move_verifier(verifier.url)
    print(f"It runs again: `. {place.env}` to use it, in each shell anew if the verifier was started.")
    return 0


def _furnish(control_plane: ControlPlane, folder: Path) -> Process:
    """Install the chart and start the operator; answer it once it is ready."""
    print("Installing charts/pharia-access by Helm ...", flush=True)
    install(control_plane)
    print("Starting the operator under the chart's ServiceAccount ...", flush=True)
    operator = start_operator(control_plane, folder, die_with_parent=False)
    try:
        operator.wait_until_ready()
    except BaseException:
        operator.process.stop()
        raise
    return operator.process


def _start_verifier(control_plane: ControlPlane, folder: Path, operator: Process) -> RunningVerifier:
    """Start the verifier with the operator's keyring; answer it once it is ready."""
    print("Starting the verifier ...", flush=True)
    try:
        write_keyring(control_plane, folder / "keyring")
        verifier = start_verifier(control_plane, folder, die_with_parent=False)
    except BaseException:
        operator.stop()
        raise
    try:
        verifier.wait_until_ready()
    except BaseException:
        verifier.process.stop()
        operator.stop()
        raise
    return verifier


def _write_down(place: _Place, control_plane: ControlPlane, operator: Process, verifier: RunningVerifier) -> None:
    """What a person needs to use it, and what `down` needs to end it."""
    write_private(place.kubeconfig, control_plane.kubeconfig.read_bytes())
    kubeconfig, path = shlex.quote(str(place.kubeconfig)), shlex.quote(str(control_plane.bin))
    for name in _PLUGIN:  # beside kubectl, so that a shell that finds the one finds the other
        (control_plane.bin / name).symlink_to(PROGRAM.with_name(name))
    url = f"export VERIFIER_URL={verifier.url}\n"
    place.env.write_text(f"export KUBECONFIG={kubeconfig}\nexport PATH={path}:$PATH\n{url}")
    # Those who would complain about a server that is gone come first.
    records = [process.record() for process in (verifier.process, operator, *reversed(control_plane.processes))]
    place.write_records(records)


def _down(place: _Place) -> int:
    ended = [record.name for record in place.records() if end_recorded(record, grace=3)]
    place.remove()
    print(f"Ended {', '.join(ended)}; their data is removed." if ended else "Nothing is running.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
