"""How soon `kubectl access` answers, and what a long list costs: `python -m bench plugin`.

`BENCH_TOKENS` says how many tokens there are (default 10,000, which take some minutes to put there). Writes
bench/results/plugin.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import psutil

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.report import Target, table, targets, write
from bench.tokens import CREDENTIAL, NAMESPACE, Json, put_minted
from tools.control_plane.processes import inherited_environment
from tools.control_plane.resources import api_token
from tools.control_plane.verifiers import start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["main"]

ROUNDS = 30
LISTS = 3
_POLL_SECONDS = 0.005
_SCRIPTS = Path(sys.executable).parent
_FILE = Path(__file__).resolve().parent.parent / "dist" / "kubectl-access"
_FLOOR = "kubectl version --client"
_HELP = "kubectl access --help"
_COMPLETION = 'kubectl_complete-access credential get ""'
_GET = "kubectl get apitokens -A"
_LIST = "kubectl access token list -A"
_WHOAMI = "kubectl access whoami --stdin"
_COMMANDS = (_FLOOR, "python -c pass", "kubectl-access --help", _HELP, _COMPLETION, _GET, _LIST, _WHOAMI)
_FEW = 10
_COLLECT = (
    "get",
    "secret",
    f"--namespace={NAMESPACE}",
    "asked-token",
    "--output=go-template={{.data.token | base64decode}}",
)
_HEAD = """\
# `kubectl access`: start-up, and a list of {tokens:,} tokens

Written by `python -m bench plugin`: medians of {rounds} shuffled rounds, all commands in the same run, on two cores
that the API server shares. Byte code is cached, as it is after an installation. "kubectl access" starts kubectl, which
becomes the plugin; completion of names starts kubectl, which asks the API server. Lists are of {few} tokens.
"single file" is dist/kubectl-access where it was built, unpacked before.

{machine}

"""


@dataclass(frozen=True, slots=True)
class Start:
    """A command that came and went: milliseconds by the clock, and of CPU with what it waited for."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended: seconds, and resident memory at most."""

    seconds: float
    mib: float


def main() -> int:
    """Measure and write; the exit status."""
    cores = bind_to_cores()
    about = machine(cores)
    with bench_cluster() as place:
        env = _environment(place)
        with _asked(place) as (text, verifier):
            template = place.delivered_token()
            _put(place, template, [f"few-{number}" for number in range(_FEW - 2)])
            started = _start_up({**env, "VERIFIER_URL": f"http://127.0.0.1:{verifier.port}"}, text)
        count = int(os.environ.get("BENCH_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own setting
        _put(place, template, [f"token-{number:05}" for number in range(count)])
        lists = [_run_watched(["kubectl-access", "token", "list", "-A"], env) for _ in range(LISTS)]
    write(
        "plugin", _HEAD.format(tokens=count, rounds=ROUNDS, few=_FEW, machine=about) + _results(started, lists, count)
    )
    return 0


def _environment(place: BenchCluster) -> dict[str, str]:
    """Of a person: their programs, and Python as it is by default."""
    own = {name: value for name, value in inherited_environment().items() if not name.startswith("PYTHON")}
    kubeconfig = str(place.control_plane.kubeconfig)
    return {**own, "PATH": f"{_SCRIPTS}:{place.control_plane.bin}:{own['PATH']}", "KUBECONFIG": kubeconfig}


@contextmanager
def _asked(place: BenchCluster) -> Iterator[tuple[Path, RunningVerifier]]:
    """A token's text in a file, and the verifier that knows it."""
    run, text = place.control_plane.kubectl, place.root / "text"
    with place.operator("minting"):
        run(
            "apply", "--filename=-", stdin=json.dumps(api_token(NAMESPACE, "asked", credentialRef={"name": CREDENTIAL}))
        )
        run("wait", f"--namespace={NAMESPACE}", "--for=condition=Ready", "apitoken/asked", "--timeout=20s")
        text.write_text(run(*_COLLECT).stdout, encoding="utf-8")
    write_keyring(place.control_plane, place.root / "verifier" / "keyring")
    verifier = start_verifier(place.control_plane, place.root / "verifier")
    try:
        verifier.wait_until_ready()
        yield text, verifier
    finally:
        verifier.process.stop()


def _start_up(env: Mapping[str, str], text: Path) -> dict[str, list[Start]]:
    commands = {command: ["sh", "-c", f"exec {command}"] for command in _COMMANDS}
    if _FILE.exists():
        commands["single file --help"] = [str(_FILE), "--help"]
    say(f"start-up of {len(commands)} commands, {ROUNDS} rounds")
    starts: dict[str, list[Start]] = {name: [] for name in commands}
    for argv in commands.values():  # byte code, the file's unpacking, the system's cache
        _run(argv, env, text)
    for _ in range(ROUNDS):
        for name in random.sample(list(commands), len(commands)):
            starts[name].append(_run(commands[name], env, text))
    return starts


def _put(place: BenchCluster, template: Json, names: list[str]) -> None:
    say(f"putting {len(names):,} tokens there")
    asyncio.run(put_minted(place.server, template, names))


def _run(argv: Sequence[str], env: Mapping[str, str], text: Path) -> Start:
    """Run to the end, the file as its input, its output thrown away. Raises subprocess.CalledProcessError."""
    with text.open("rb") as words:
        began = perf_counter()
        child = subprocess.Popen(argv, env=dict(env), stdin=words, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    seconds = perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, argv)
    return Start(seconds * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


def _run_watched(argv: Sequence[str], env: Mapping[str, str]) -> Run:
    """The same, and what the kernel says of its memory, up to some milliseconds before its end."""
    began, mib = perf_counter(), 0.0
    # Not by wait4: what it tells of a child includes the memory of its parent.
    with subprocess.Popen(argv, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            mib = max(mib, _peak(child.pid))
            sleep(_POLL_SECONDS)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, argv)
    return Run(perf_counter() - began, mib)


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _results(started: Mapping[str, Sequence[Start]], lists: Sequence[Run], count: int) -> str:
    middle = {name: median(start.wall for start in starts) for name, starts in started.items()}
    verdicts = [
        Target(f"`{_HELP}`, ms", middle[_HELP], at_most=300),
        Target(f"`{_COMPLETION}`, ms", middle[_COMPLETION], at_most=300),
        Target(f"`{_LIST}` of {_FEW}, ms", middle[_LIST], at_most=350),
        Target(f"`{_WHOAMI}`, ms", middle[_WHOAMI], at_most=350),
        Target(f"`kubectl access token list -A` of {count:,}, s", median(run.seconds for run in lists), at_most=5),
        Target("its resident memory at most, MiB", max(run.mib for run in lists), at_most=150),
    ]
    rows = [_row(name, starts, middle) for name, starts in started.items()]
    spent = [[str(number), f"{run.seconds:.2f}", f"{run.mib:.0f}"] for number, run in enumerate(lists, start=1)]
    return "\n\n".join(
        [
            targets(verdicts),
            table(["command", "median ms", f"x {_FLOOR}", "fastest ms", "CPU ms"], rows),
            table([f"list of {count:,}", "s", "MiB at most"], spent),
            f"Load average of the machine at the end: {psutil.getloadavg()[0]:.1f}.",
        ]
    )


def _row(name: str, starts: Sequence[Start], middle: Mapping[str, float]) -> list[str]:
    fastest, cpu = min(start.wall for start in starts), median(start.cpu for start in starts)
    return [f"`{name}`", f"{middle[name]:.0f}", f"{middle[name] / middle[_FLOOR]:.2f}", f"{fastest:.0f}", f"{cpu:.0f}"]
