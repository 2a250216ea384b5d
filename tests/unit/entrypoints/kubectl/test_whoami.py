"""What a person is told of a verifier's answer, and that the token goes nowhere else."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from pharia_access.entrypoints.kubectl.ask_verifier import Verifier, VerifierError, _ask
from pharia_access.entrypoints.kubectl.main import run
from tests.support.fakes.hostile_api import hostile_api, reply
from tests.support.kubectl.whoami_answers import ANSWER, TOKEN, over_tls
from tools.control_plane.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs the command in a thread of its own, where it may have its own loop; exit code and both outputs."""

    async def told(url: str, *words: str, text: str = TOKEN.reveal()) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))
        status = await asyncio.to_thread(run, ["whoami", "--token-stdin", "--verifier", url, *words])
        captured = capsys.readouterr()
        assert TOKEN.reveal() not in captured.out + captured.err
        return status, captured.out, captured.err

    return told


async def test_it_shows_what_the_token_is_worth(ask: Callable[..., Any]) -> None:
    async with hostile_api(lambda _: reply(200, ANSWER)) as verifier:
        told = await ask(f"{verifier.url}/")

    assert told[::2] == (0, "")
    assert told[1] == (
        "Credential:  invoice-bot\n"
        "Namespace:   finance\n"
        f"Token ID:    {TOKEN.token_id}\n"
        "Roles:       studio-user, kernel\n"
        "Expires:     2027-01-31T00:00:00Z\n"
        "\n"
        "Permissions:\n"
        "  AccessStudio\n"
        "  AccessModel model=*\n"
    )
    (request,) = verifier.requests
    assert (request.method, request.target) == ("GET", "/whoami")
    assert request.headers["authorization"] == f"Bearer {TOKEN.reveal()}"


async def test_json_is_what_the_verifier_said(ask: Callable[..., Any]) -> None:
    async with hostile_api(lambda _: reply(200, ANSWER)) as verifier:
        status, out, _ = await ask(verifier.url, "-o", "json")

    assert (status, json.loads(out)) == (0, ANSWER)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(reply(401, {}), "The verifier does not accept this token: it is unknown, expired or", id="401"),
        pytest.param(reply(403, {}), "Something in front of the verifier refused the request (403)", id="403"),
        pytest.param(reply(503, {}), "The verifier cannot answer now (503)", id="503"),
        pytest.param(reply(404, {}), "This is not a verifier: it answered 404 for /whoami", id="another service"),
        pytest.param(reply(799, {}), "This is not a verifier: it answered 799 for /whoami", id="a made-up status"),
        pytest.param(reply(200, b"<html>"), "This is not a verifier: its answer", id="not JSON"),
        pytest.param(reply(200, [1]), "This is not a verifier: its answer", id="not an object"),
        pytest.param(reply(200, {"credential": "x"}), "This is not a verifier: its answer", id="another object"),
        *(
            pytest.param(reply(200, answer), "This is not a verifier: its answer", id=f"an answer with {name}")
            for name, answer in {
                "roles that are no list": {**ANSWER, "roles": 5},
                "no list of permissions": {**ANSWER, "permissions": None},
                "permissions that are words": {**ANSWER, "permissions": ["AccessStudio"]},
                "a hundred thousand levels": b"[" * 100_000,
            }.items()
        ),
        pytest.param(
            b"no HTTP at all\r\n\r\n",
            "(RemoteProtocolError).\nCheck the URL, and that the verifier is running.",
            id="not HTTP",
        ),
    ],
)
async def test_other_answers_are_a_sentence(ask: Callable[..., Any], answer: bytes, sentence: str) -> None:
    async with hostile_api(lambda _: answer) as verifier:
        status, out, err = await ask(verifier.url)

    assert (status, out) == (1, "")
    assert sentence in err
    assert err.startswith("Error: ")


async def test_a_long_answer_is_read_whole_and_an_endless_one_is_cut(ask: Callable[..., Any]) -> None:
    long = {**ANSWER, "permissions": [{"permission": f"Permission{number}"} for number in range(10_000)]}
    async with hostile_api(lambda _: reply(200, long)) as verifier:
        whole = await ask(verifier.url, "-o", "json")
    async with hostile_api(lambda _: reply(200, b" " * 3 * 1024 * 1024)) as endless:
        cut = await ask(endless.url)

    assert json.loads(whole[1]) == long
    assert cut[2].startswith("Error: This is not a verifier: its answer")


async def test_a_redirection_is_not_followed(ask: Callable[..., Any]) -> None:
    async with hostile_api(lambda _: reply(200, ANSWER)) as elsewhere:
        away = reply(307, {}, location=f"{elsewhere.url}/whoami")
        async with hostile_api(lambda _: away) as verifier:
            status, _, err = await ask(verifier.url)

    assert status == 1
    assert "it answered 307 for /whoami" in err
    assert elsewhere.requests == []


async def test_nobody_there_and_silence_are_a_sentence(ask: Callable[..., Any]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    nobody = await ask(url)

    async with hostile_api(lambda _: None) as silent:
        silence = await ask(silent.url, "--request-timeout", "300ms")

    assert nobody[2] == (
        f"Error: Cannot reach a verifier at {url} (ConnectionRefusedError).\n"
        "Check the URL, and that the verifier is running.\n"
    )
    assert (
        silence[2]
        == f"Error: The verifier at {silent.url} does not answer in time.\nCheck that the verifier is running.\n"
    )
    assert nobody[0] == silence[0] == 1


async def test_the_proxy_of_the_environment_is_taken(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async with hostile_api(lambda _: reply(200, ANSWER)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        status, out, _ = await ask("http://verifier.invalid")

    assert status == 0
    assert "invoice-bot" in out
    assert [request.target for request in proxy.requests] == ["http://verifier.invalid/whoami"]


async def test_a_proxy_that_cannot_be_used_is_told(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://anna:word@127.0.0.1:{free_port()}")
    down = await ask("https://verifier.invalid")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    other = await ask("https://verifier.invalid")

    assert down[2].startswith("Error: The proxy to https://verifier.invalid failed (")
    assert other[2].startswith(
        "Error: The proxy for https://verifier.invalid has a scheme that whoami does not support: socks5"
    )
    assert "word" not in down[2]
    assert down[0] == other[0] == 1


@pytest.mark.parametrize(
    "url",
    [
        "access.example.com",
        "ftp://access.example.com",
        "https://",
        "https:///whoami",
        "https://[::1",
        "http://\x1b[2J",
        "https://access.example.com/?a=b",
        "https://access.example.com/#a",
    ],
)
async def test_what_is_no_url_is_refused(ask: Callable[..., Any], url: str) -> None:
    assert await ask(url) == (1, "", "Error: --verifier must be a URL, such as https://access.example.com.\n")


async def test_plain_http_to_elsewhere_is_warned_of(ask: Callable[..., Any]) -> None:
    _, _, err = await ask("http://verifier.invalid", "--request-timeout", "2")

    assert err.startswith("Warning: http:// sends the token unencrypted.\n")


async def test_what_is_no_token_is_sent_nowhere(ask: Callable[..., Any]) -> None:
    async with hostile_api(lambda _: reply(200, ANSWER)) as verifier:
        status, _, err = await ask(verifier.url, text="nothing like it")

    assert (status, verifier.requests) == (1, [])
    assert err == "Error: Not a token: it does not have the form <prefix>_<id>_<secret>.\n"


async def test_a_certificate_must_be_trusted_unless_it_is_not_to_matter(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(ca_file))

    async with over_tls(authority) as url:
        unknown = await ask(url)
        trusted = await ask(url, "--ca-file", str(ca_file))
        ignored = await ask(url, "--insecure-skip-tls-verify")

    assert unknown[:2] == (1, "")
    assert unknown[2].startswith(f"Error: The certificate of {url} is not trusted (")
    assert unknown[2].endswith(").\nGive its CA certificate with --ca-file.\n")
    assert trusted[0] == ignored[0] == 0
    assert "invoice-bot" in trusted[1]


async def test_a_ca_file_must_hold_certificates(ask: Callable[..., Any], tmp_path: Path) -> None:
    wrong = tmp_path / "ca.crt"
    wrong.write_text("nothing")

    missing = await ask("https://localhost", "--ca-file", str(tmp_path / "missing"))
    useless = await ask("https://localhost", "--ca-file", str(wrong))

    assert missing[2] == f"Error: Cannot use {tmp_path}/missing as --ca-file: No such file or directory.\n"
    assert useless[2].startswith(f"Error: Cannot use {wrong} as --ca-file: ")


async def test_https_to_what_speaks_http_is_told(ask: Callable[..., Any]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        status, _, err = await ask(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert status == 1
    assert "Cannot establish TLS with" in err


@pytest.mark.parametrize("answer", [b"no HTTP at all\r\n\r\n", b"", None])
async def test_the_token_is_in_no_error_and_its_chain(answer: bytes | None) -> None:
    """Errors of the client library may keep the request's headers."""
    async with hostile_api(lambda _: answer) as verifier:
        with pytest.raises(VerifierError) as caught:
            await _ask(TOKEN, Verifier(verifier.url, timeout=0.3))

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert TOKEN.reveal() not in str(caught.value)
