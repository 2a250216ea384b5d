"""The unmodified SDKs of OpenAI, Azure OpenAI and Anthropic through real gateways: `make llm-clients`.

Each gateway runs by its example, with the lines of its page for other headers. Behind it is a service that answers as
those APIs do, and that keeps what it was sent. Writes bench/results/llm-clients.md; a wrong outcome ends it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

from bench.bench_cluster import say
from bench.report import table, write
from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from tests.support.gateways.gateway_guides import TOKENS, added
from tests.support.gateways.verifier_thread import VerifierThread, verifier_thread
from tools import debian_programs
from tools.gateways import real_gateways
from tools.gateways.protected_service import server

__all__ = ["main"]

_CALLS: Final = Path(__file__).resolve().parents[1] / "support" / "clients" / "llm_calls.py"
_PINNED: Final = Path(__file__).resolve().parents[2] / "requirements" / "gateways.in"
_SDKS: Final = {
    "openai": "authorization",
    "openai, streaming": "authorization",
    "azure": "api-key",
    "anthropic": "x-api-key",
}
"""The SDKs, and the header in which each sends its key: looked at before anything else."""
_REFUSED: Final = {
    "revoked": "401 AuthenticationError",
    "other role": "403 PermissionDeniedError",
    "none": "401 AuthenticationError",
}
_SECRET: Final = {"authorization", "x-api-key", "api-key", "x-goog-api-key"}
_HOW: Final = """\
Written by `make llm-clients`. The SDKs are as released, and know only the gateway's URL and a token as their API key.
Each gateway runs by its file in `examples/gateways` with the lines of its page under "Other headers for the token", in
front of a verifier with `TOKEN_HEADERS=x-api-key,api-key,x-goog-api-key,basic` that knows each token by its own index.
The gateway requires `role=studio-user`. Behind it, a service answers as those APIs do. A cell is what the SDK returned
("hello"), or the status and the exception that it raised. Which header an SDK uses was looked at first, without a
gateway. Without a token, the SDK's own header is left out, but for Azure, whose header is empty."""


class Api(BaseHTTPRequestHandler):
    """As much of the three APIs as the calls need."""

    protocol_version = "HTTP/1.1"
    carried: Final[list[str]] = []
    """Names of headers for tokens that arrived, which none may."""

    def do_POST(self) -> None:
        self.carried.extend(_SECRET & {name.lower() for name in self.headers})
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/v1/messages"):
            self._send("application/json", json.dumps(_MESSAGE))
        elif asked.get("stream"):
            pieces = [_chunk("hel"), _chunk("lo")]
            self._send(
                "text/event-stream", "".join(f"data: {json.dumps(one)}\n\n" for one in pieces) + "data: [DONE]\n\n"
            )
        else:
            self._send("application/json", json.dumps(_COMPLETION))

    def do_GET(self) -> None:
        """Answer what looks whether the gateway is there."""
        self._send("application/json", "{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, kind: str, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


_COMPLETION: Final[dict[str, Any]] = {
    "id": "1",
    "object": "chat.completion",
    "created": 0,
    "model": "foo",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
}
_MESSAGE: Final[dict[str, Any]] = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "foo",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def _chunk(text: str) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": None, "delta": {"role": "assistant", "content": text}}
    return {**_COMPLETION, "object": "chat.completion.chunk", "choices": [choice]}


def main() -> int:
    """Try all, write, and tell; a wrong outcome is raised."""
    python = Path(os.environ["LLM_CLIENTS_PYTHON"])
    rows, versions = list[list[str]](), dict[str, str]()
    with verifier_thread(CheckHeaders(tuple(TokenHeader))) as verifier, server(Api) as service:
        _asked(python, f"http://{service}", {"good": "a key"})
        assert Api.carried == list(_SDKS.values()), f"the SDKs send their keys in {Api.carried}"
        Api.carried.clear()
        keys = _keys(verifier)
        for name in real_gateways.STARTERS:
            say(name)
            with _gateway(name, verifier, service) as url:
                told = _asked(python, url, keys)
            versions = {sdk: told[sdk] for sdk in ("openai", "anthropic")}
            rows += _rows(name, keys, told["told"])
    assert Api.carried == [], f"headers of tokens that arrived at the service: {Api.carried}"
    write("llm-clients", _page(rows, versions))
    return 0


def _keys(verifier: VerifierThread) -> Mapping[str, str | None]:
    revoked = verifier.issue("revoked")
    verifier.revoke(revoked)
    return {
        "good": verifier.issue(),
        "revoked": revoked,
        "other role": verifier.person("other", "reader"),
        "none": None,
    }


@contextmanager
def _gateway(name: str, verifier: VerifierThread, service: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="pharia-access-llm-") as folder, ExitStack() as stack:
        starter = real_gateways.STARTERS[name](
            Path(folder), verifier.address, added(name, TOKENS), service=service, any_host=True
        )
        yield f"http://127.0.0.1:{stack.enter_context(starter).port}"


def _asked(python: Path, url: str, keys: Mapping[str, str | None]) -> dict[str, Any]:
    rows = [{"sdk": sdk, "url": url, "key": key} for sdk in _SDKS for key in keys.values()]
    done = subprocess.run(
        [python, _CALLS],
        input=json.dumps(rows),
        env={},  # an SDK reads keys, and where to send them, from variables
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


def _rows(name: str, keys: Mapping[str, str | None], told: list[str]) -> list[list[str]]:
    found = [told[at : at + len(keys)] for at in range(0, len(told), len(keys))]
    right = [{"good": "hello", **_REFUSED}[key] for key in keys]
    for sdk, outcomes in zip(_SDKS, found, strict=True):
        assert outcomes == right, f"{name}, {sdk}: {outcomes}"
    return [[name, sdk, f"`{_SDKS[sdk]}`", *outcomes] for sdk, outcomes in zip(_SDKS, found, strict=True)]


def _page(rows: list[list[str]], versions: Mapping[str, str]) -> str:
    pinned = ", ".join(
        line for line in _PINNED.read_text().splitlines() if line.startswith(("caddy", "traefik", "envoy"))
    )
    conditions = (
        f"- openai {versions['openai']}, anthropic {versions['anthropic']}; Python {platform.python_version()}\n"
        f"- {', '.join(_version(debian_programs.find_program(name)) for name in ('nginx', 'haproxy'))}; {pinned}"
    )
    heads = ["gateway", "SDK", "token in", "good", "revoked", "other role", "none"]
    carried = "No header of a token reached the service in any of these calls."
    return "\n\n".join(["# SDKs of LLM APIs through gateways", _HOW, conditions, table(heads, rows), carried])


def _version(program: Path) -> str:
    done = subprocess.run([program, "-v"], capture_output=True, text=True, check=False, timeout=20)
    return (done.stdout + done.stderr).splitlines()[0]
