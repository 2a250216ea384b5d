"""What stands before every route: the Host, the Origin, the headers of each answer, and the session."""

from __future__ import annotations

import re

import pytest

from pharia_access.entrypoints.console.screens import TABLE
from tests.support.console.browser import BASE, FORM, HOST, asked
from tests.support.console.consoles import Opened, a_console, signed_in

ORIGIN = f"http://{HOST}"
NAMES = {"namespace": "finance", "name": "invoice-bot"}
SCREENS = [
    (method, f"{BASE}{path.format(**NAMES)}")
    for path, show, act in TABLE
    for method, screen in (("GET", show), ("POST", act))
    if screen is not None
]
ROUTES = [
    ("GET", f"{BASE}/"),
    ("GET", f"{BASE}/go"),
    ("GET", f"{BASE}/open"),
    ("GET", f"{BASE}/static/console.js"),
    ("GET", f"{BASE}/nowhere"),
    ("GET", "/"),
    ("HEAD", f"{BASE}/"),
    ("POST", f"{BASE}/open"),
    ("POST", f"{BASE}/sign-out"),
    ("PUT", f"{BASE}/"),
    ("OPTIONS", f"{BASE}/"),
    *SCREENS,
]
POSTS = [target for method, target in ROUTES if method == "POST"]


HOSTS = {
    "another name": ["evil.example"],
    "a name that begins like ours": ["127.0.0.1.evil.example:8123"],
    "another port": ["127.0.0.1:8124"],
    "no port": ["127.0.0.1"],
    "another loopback": ["[::1]:8123"],
    "none": [],
    "two": [HOST, HOST],
    "ours and another": [HOST, "evil.example"],
}
ORIGINS = {
    "none": [],
    "null": [("origin", "null")],
    "another port": [("origin", "http://127.0.0.1:8124")],
    "another scheme": [("origin", "https://127.0.0.1:8123")],
    "our other name": [("origin", "http://localhost:8123")],
    "two": [("origin", ORIGIN), ("origin", ORIGIN)],
    "another site": [("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
    "another port of this site": [("origin", ORIGIN), ("sec-fetch-site", "same-site")],
    "outside of a page": [("origin", ORIGIN), ("sec-fetch-site", "none")],
}


@pytest.mark.parametrize("hosts", HOSTS.values(), ids=HOSTS)
async def test_every_route_answers_only_to_our_own_host(hosts: list[str]) -> None:
    opened = await signed_in()
    before = dict(opened.objects.bodies)
    headers = [*(("host", host) for host in hosts), ("cookie", opened.browser.cookie), ("origin", ORIGIN)]

    statuses = {(await asked(opened.browser.app, *route, b"", headers)).status for route in ROUTES}

    assert statuses == {421}
    assert opened.objects.bodies == before


@pytest.mark.parametrize("headers", ORIGINS.values(), ids=ORIGINS)
async def test_every_post_needs_our_own_origin(headers: list[tuple[str, str]]) -> None:
    opened = await signed_in()
    before, awaited = dict(opened.objects.bodies), dict(opened.objects.secrets)
    usual = [
        ("host", HOST),
        ("cookie", opened.browser.cookie),
        ("content-type", FORM),
        ("x-pharia-access-console", "x"),
    ]

    for target in POSTS:
        received = await asked(opened.browser.app, "POST", target, b"role=os-user", [*usual, *headers])
        assert (received.status, received.text) == (403, "Another site sent this request.\n"), target

    assert (opened.objects.bodies, opened.objects.secrets) == (before, awaited)


@pytest.mark.parametrize(("method", "target"), ROUTES)
@pytest.mark.parametrize("host", [HOST, "evil.example"])
async def test_every_answer_has_every_header(method: str, target: str, host: str) -> None:
    opened = await signed_in()

    received = await opened.browser.send(method, target, headers={"host": host, "x-pharia-access-console": "script"})

    policy = received.header("content-security-policy")
    assert re.sub(r"nonce-[\w-]{24}", "nonce-N", policy) == (
        "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    assert received.header("cache-control") == "no-store"
    assert received.header("x-content-type-options") == "nosniff"
    assert received.header("x-frame-options") == "DENY"
    assert received.header("referrer-policy") == "same-origin"
    assert received.header("cross-origin-opener-policy") == "same-origin"
    assert received.header("cross-origin-resource-policy") == "same-origin"
    assert [name for name, _ in received.headers if name.startswith("access-control-")] == []


async def test_a_nonce_is_used_once_and_is_the_one_of_the_policy() -> None:
    opened = a_console()

    pages = [await opened.browser.get("/open") for _ in range(3)]

    nonces = [re.search("'nonce-([^']+)'", page.header("content-security-policy")) for page in pages]
    assert len({found[1] for found in nonces if found}) == 3
    assert all(f'nonce="{found[1]}"' in page.text for page, found in zip(pages, nonces, strict=True) if found)


async def test_a_static_file_may_be_kept_since_its_name_changes_with_it() -> None:
    opened = a_console()
    (script,) = [name for name in opened.console.renderer.assets if name.endswith(".js")]

    received = await opened.browser.get(f"/static/{script}")

    assert received.status == 200
    assert received.header("cache-control") == "private, max-age=31536000, immutable"
    assert received.header("content-type") == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("cookie", ["", "pharia_access_console=", "pharia_access_console=guessed"])
async def test_no_screen_is_shown_and_nothing_done_without_a_session(cookie: str) -> None:
    opened = await signed_in()
    before = dict(opened.objects.bodies)

    for method, target in SCREENS:
        received = await opened.browser.send(method, target, b"role=os-user", {"cookie": cookie})
        assert received.status == 403, target
        assert "is not signed in" in received.text
        assert "studio-user" not in received.text

    assert opened.objects.bodies == before


@pytest.mark.parametrize("path", ["/", "/open", "/static/console.js", f"{BASE}x/open", f"{BASE[:-1]}/open"])
async def test_who_does_not_know_the_random_path_finds_nothing(path: str) -> None:
    opened = await signed_in()

    received = await opened.browser.send("GET", path)

    assert received.status == 404
    assert received.text == "Not Found\n"


@pytest.mark.parametrize(
    "path",
    [
        "/namespaces/../credentials",
        "/namespaces/Finance/credentials",
        "/namespaces/fin ance/credentials",
        "/namespaces/finance?x/credentials",
        "/namespaces/finance/credentials/..",
        "/namespaces/finance/credentials/%2e%2e",
        "/namespaces/finance/credentials/a%2fb",
        "/namespaces/finance/credentials/a\r\nb",
        "/namespaces/finance/tokens/A",
        f"/namespaces/finance/tokens/{'a' * 64}",
        "/namespaces/finance/tokens/a/secret/x",
    ],
)
async def test_what_cannot_be_a_name_is_no_path_and_asks_nothing(path: str) -> None:
    opened = await signed_in()
    opened.objects.forbidden = {f"{verb} {kind}" for verb in ("get", "list") for kind in ("ApiToken", "ApiCredential")}

    received = await opened.browser.send("GET", f"{BASE}{path}")

    assert received.status == 404


@pytest.mark.parametrize(
    "path", ["/namespaces/finance/tokens/ci-0/secret", "/namespaces/finance/tokens/ci-0/collected"]
)
async def test_the_secret_is_for_our_script_only(path: str) -> None:
    opened = await signed_in()

    received = await opened.browser.post(path, {})

    assert received.status == 403
    assert received.text == "Only the console's own script asks for this.\n"


async def test_no_look_changes_anything() -> None:
    opened: Opened = await signed_in()
    before = dict(opened.objects.bodies)

    for _, target in [route for route in SCREENS if route[0] == "GET"]:
        for name in ("invoice-bot", "ci-0"):
            await opened.browser.send("GET", target.replace("invoice-bot", name))
            await opened.browser.send("GET", f"{target}?force=yes&mark=x&role=os-user&secret=show")

    assert opened.objects.bodies == before
