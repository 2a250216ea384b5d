"""Starts and ends the control plane that a person works with: `python -m tools.local up|down`.

Keeps everything in `.local/`: data, logs, the kubeconfig, a file to source, and the pids of exactly what it started.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import shutil
import sys
from pathlib import Path

from tests.support.control_plane import ControlPlane
from tests.support.installation import install
from tests.support.operators import start_operator
from tests.support.pki import write_private
from tests.support.processes import Process, ProcessError, ProcessRecord, end_recorded, is_running
from tools.go_toolchain import BuildError

__all__ = ["main"]

_LOCAL = Path(__file__).resolve().parent.parent / ".local"
_STATE = _LOCAL / "processes.json"
_CONTROL_PLANE = _LOCAL / "control-plane"
_OPERATOR = _LOCAL / "operator"
_KUBECONFIG = _LOCAL / "kubeconfig"
_ENV = _LOCAL / "env"

_NEXT = """\
A Kubernetes API server with pharia-access runs at {server}.
  . .local/env                      KUBECONFIG, and kubectl and helm on PATH, for this shell
  kubectl apply -f examples/        roles, a credential, tokens
  kubectl get apicredentials,apitokens --all-namespaces
  kubectl explain apitoken.spec
Logs: .local/operator/operator.log, .local/control-plane/*.log
`make down` ends it and removes its data."""


def main(arguments: list[str]) -> int:
    """Do what was asked; answer the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.local", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args(arguments).command
    try:
        return _up() if command == "up" else _down()
    except (BuildError, ProcessError) as error:
        print(f"make {command}: {error}", file=sys.stderr)
        return 1


def _up() -> int:
    if any(is_running(record) for record in _recorded()):
        print("It runs already: `. .local/env` to use it, `make down` to end it.")
        return 0
    _remove()
    _LOCAL.mkdir(exist_ok=True)
    with_operator: list[Process] = []
    print("Starting etcd, kube-apiserver and kube-controller-manager ...", flush=True)
    control_plane = ControlPlane.start(_CONTROL_PLANE, tied=False)
    try:
        _furnish(control_plane, with_operator)
    except BaseException:
        for process in with_operator:
            process.stop()
        control_plane.stop()
        raise
    print(_NEXT.format(server=control_plane.server_url))
    return 0


def _furnish(control_plane: ControlPlane, started: list[Process]) -> None:
    """Install the chart, start the operator, write down what a person and `make down` need."""
    print("Installing charts/pharia-access by Helm ...", flush=True)
    install(control_plane)
    print("Starting the operator under the chart's ServiceAccount ...", flush=True)
    operator = start_operator(control_plane, _OPERATOR, tied=False)
    started.append(operator.process)
    operator.wait_until_ready()
    write_private(_KUBECONFIG, control_plane.kubeconfig.read_bytes())
    path = shlex.quote(str(control_plane.bin))
    _ENV.write_text(f"export KUBECONFIG={shlex.quote(str(_KUBECONFIG))}\nexport PATH={path}:$PATH\n")
    # The operator first: it would complain about a server that is gone.
    records = [process.record() for process in (operator.process, *reversed(control_plane.processes))]
    _STATE.write_text(json.dumps([dataclasses.asdict(record) for record in records], indent=2))


def _down() -> int:
    ended = [record.name for record in _recorded() if end_recorded(record)]
    _remove()
    print(f"Ended {', '.join(ended)}; their data is removed." if ended else "Nothing is running.")
    return 0


def _recorded() -> list[ProcessRecord]:
    if not _STATE.exists():
        return []
    return [ProcessRecord(**record) for record in json.loads(_STATE.read_text())]


def _remove() -> None:
    """Remove what `up` made; what else is in the folder stays."""
    for folder in (_CONTROL_PLANE, _OPERATOR):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (_STATE, _KUBECONFIG, _ENV):
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
