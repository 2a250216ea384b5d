"""Checks per second, side by side: `python -m bench check`.

Our fast path, our ASGI path, the same check in Go by net/http and by fasthttp, and nginx with a static 200 as the upper
limit; each on one core with 100,000 tokens, wrk on the other, in shuffled rounds. Writes bench/results/check.md.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.bench_cluster import say
from bench.checks.wrk import Load, Wrk
from bench.meters import machine
from bench.report import Target, table, targets, write
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import mint
from tools.control_plane.processes import ProcessError, free_port, wait_until
from tools.debian_programs import find_program
from tools.go_toolchain import find_go, go_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ASKED", "TOKENS", "images_python", "is_listening", "main", "write_tokens"]

TOKENS = 100_000
ROUNDS = 7
SECONDS = 2
ASKED = 10_000
_SERVERS = ("image", "fast", "asgi", "nethttp", "fasthttp", "nginx")
_SYSTEM_PYTHON = Path("/usr/bin/python3")
_CHECKING = _SERVERS[:-1]
_END = 2_000_000_000
_PEERS = Path(__file__).with_name("peers")
_HOW = f"""\
Written by `python -m bench check`: one core for the server, wrk on the other, keep-alive over loopback, medians of
{ROUNDS} shuffled rounds of {SECONDS} s. nginx answers a static 200 and checks nothing. Ratios are of medians.
The first two loads ask for one token, all requests alike, as nginx does for one client; then {ASKED:,} tokens in turn;
then each request has a header of its own, as with gateways that repeat the original request, and then 13 headers, as a
browser's request has that a gateway repeats. "fast" runs by the CPython
of the virtual environment, "image" by Debian's optimised one, which the image ships; targets are about that."""
_NGINX = """\
daemon off;
worker_processes 1;
pid {root}/nginx.pid;
error_log {root}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 1000000000;
    server {{ listen 127.0.0.1:{port}; location / {{ add_header Cache-Control no-store; return 200; }} }}
}}
"""


LOADS = (
    Load("64 connections", of=_SERVERS, least=1.8),
    Load("1 connection", connections=1, of=_SERVERS, least=2.0),
    Load(f"64, {ASKED:,} tokens in turn", of=_CHECKING, script="in_turn.lua", least=1.6),
    Load("64, no request like another", of=_CHECKING, script="another.lua", least=1.5),
    Load("64, the same with 13 headers", of=_CHECKING, script="repeated.lua", least=1.5),
)


@dataclass(slots=True)
class Server:
    """One that is measured, on core 0. Figures by load."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    rates: dict[Load, list[float]] = field(default_factory=dict)
    cpu: dict[Load, list[float]] = field(default_factory=dict)
    p99: dict[Load, list[float]] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """Of it and its workers."""
        parent = psutil.Process(self.process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (parent, *parent.children()))


def main() -> int:
    """Measure, write, and tell."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-check-") as folder, ExitStack() as stack:
        root = Path(folder)
        say(f"{TOKENS} tokens")
        token = write_tokens(root)
        servers = [stack.enter_context(_started(name, root)) for name in _SERVERS if name != "image" or images_python()]
        wrk = Wrk(find_program("wrk"), token, root / "asked")
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            for load in LOADS:
                for server in random.sample(servers, len(servers)):
                    if server.name in load.of:
                        _measure(server, wrk, load)
        _report(servers)
    return 0


def write_tokens(root: Path) -> str:
    """Write the tokens and the key; the text of one."""
    key = secrets.token_bytes(32)
    digester = Digester(key)
    texts = [mint("pharia", secrets.token_bytes) for _ in range(TOKENS)]
    uid = "6f0c6a3e-0000-4000-8000-0000000000"
    macs = (digester.digest(text.reveal().encode()).hex() for text in texts)
    lines = [
        f"{text.token_id} {mac} {_END} {uid}{n % 100:02} team/bot-{n % 100} studio-user"
        for n, (text, mac) in enumerate(zip(texts, macs, strict=True))
    ]
    (root / "tokens").write_text("\n".join(lines))
    (root / "key").write_bytes(key)
    (root / "asked").write_text("\n".join(text.reveal() for text in random.sample(texts, ASKED)))
    return texts[TOKENS // 2].reveal()


def images_python() -> Path | None:
    """Debian's CPython, if this machine has it, of the version that the packages here were made for."""
    ask = [str(_SYSTEM_PYTHON), "-c", "import sys; print(*sys.version_info[:2])"]
    if not (_SYSTEM_PYTHON.exists() and Path("/etc/debian_version").exists()):
        return None
    said = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=20).stdout
    return _SYSTEM_PYTHON if said.split() == list(map(str, sys.version_info[:2])) else None


@contextmanager
def _started(name: str, root: Path) -> Iterator[Server]:
    port = free_port()
    checkout = _PEERS.parents[2]
    paths = os.pathsep.join(map(str, (checkout, checkout / "src", sysconfig.get_path("purelib"))))
    env = {**go_environment(), "GOMAXPROCS": "1", "PYTHONPATH": paths}
    with subprocess.Popen(["taskset", "-c", "0", *_argv(name, root, port)], env=env) as process:
        try:
            server = Server(name, port, process)
            wait_until(lambda: is_listening(port), what=f"{name} listens", timeout=60)
            yield server
        finally:
            process.terminate()


def _argv(name: str, root: Path, port: int) -> list[str | Path]:
    files: list[str | Path] = ["--tokens", root / "tokens", "--key", root / "key"]
    if name in {"image", "fast", "asgi"}:
        python = _SYSTEM_PYTHON if name == "image" else sys.executable
        fast = [] if name == "asgi" else ["--fast"]
        return [python, "-m", "bench.checks.filled_verifier", *files, "--port", str(port), *fast]
    if name == "nginx":
        (root / "nginx.conf").write_text(_NGINX.format(root=root, port=port))
        return [find_program("nginx"), "-p", root, "-c", root / "nginx.conf", "-e", root / "error.log"]
    program = root / name
    go = find_go((1, 26))
    subprocess.run([go, "build", "-o", program, f"./{name}"], cwd=_PEERS, env=go_environment(), check=True, timeout=600)
    return [program, *files, "--listen", f"127.0.0.1:{port}"]


def is_listening(port: int) -> bool:
    """Whether somebody listens on the port."""
    return any(
        c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in psutil.net_connections("tcp4")
    )


def _measure(server: Server, wrk: Wrk, load: Load) -> None:
    before = server.cpu_seconds()
    said = wrk.run(load, server.port, seconds=SECONDS)
    used = server.cpu_seconds() - before
    if "Non-2xx" in said:
        message = f"{server.name} refused: {said}"
        raise ProcessError(message)
    count, took = re.search(r"(\d+) requests in ([\d.]+)s", said).groups()  # type: ignore[union-attr] # wrk always says
    server.rates.setdefault(load, []).append(int(count) / float(took))
    server.cpu.setdefault(load, []).append(1e6 * used / int(count))
    server.p99.setdefault(load, []).append(_milliseconds(said))


def _milliseconds(said: str) -> float:
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr] # the same
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def _report(servers: list[Server]) -> None:
    base = next(server for server in servers if server.name == "nethttp")
    ours = next(server for server in servers if server.name in {"image", "fast"})
    verdicts = [
        Target(
            f"fast path, checks/s as a ratio to net/http: {load.name}", _ratio(ours, base, load), at_least=load.least
        )
        for load in LOADS
        if load.least is not None
    ]
    rows = [_row(server, base, load) for load in LOADS for server in servers if server.name in load.of]
    heads = ["server", "load", "checks/s", "x net/http", "range", "CPU us a check", "p99 ms"]
    parts = [
        f"# Checks per second with {TOKENS} tokens",
        _HOW,
        f"{machine(2)}\n- {_version('go', 'version')}; wrk; {_version('nginx', '-v')}",
        targets(verdicts),
        table(heads, rows),
    ]
    write("check", "\n\n".join(parts))


def _row(server: Server, base: Server, load: Load) -> list[str]:
    rates = server.rates[load]
    return [
        server.name,
        load.name,
        f"{statistics.median(rates):,.0f}",
        f"{_ratio(server, base, load):.2f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{statistics.median(server.cpu[load]):.1f}",
        f"{statistics.median(server.p99[load]):.2f}",
    ]


def _ratio(server: Server, base: Server, load: Load) -> float:
    return statistics.median(server.rates[load]) / statistics.median(base.rates[load])


def _version(name: str, flag: str) -> str:
    program = shutil.which(name) or find_program(name)
    done = subprocess.run([program, flag], capture_output=True, text=True, check=False, timeout=20)
    return (done.stdout + done.stderr).strip()
