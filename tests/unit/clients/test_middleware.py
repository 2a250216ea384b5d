"""The middleware: what an application sees, and what a client is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pharia_access_client import Access, Caller, Permission, Refused, Requirement, Verifier, caller_of, permission
from pharia_access_client.fake_verifier import FakeVerifier
from tests.support.clients.applications import Recorder
from tests.support.clients.exchanges import EXCHANGES, Exchange

if TYPE_CHECKING:
    from tests.support.gateways.verifier_thread import VerifierThread

_CHECKS = [each for each in EXCHANGES if each.target.startswith("/auth/forward") and each.method == "GET"]


def requirement_of(exchange: Exchange) -> str:
    return exchange.target.partition("?")[2]


async def test_an_application_learns_who_calls(fake: FakeVerifier) -> None:
    token = fake.issue("finance/bot", roles=["reader", "writer"])
    app = Recorder()

    answer = await app.asked(Access(app, fake.url), headers=token.headers)

    assert answer.status_code == 200
    identity = app.caller.identity
    assert (identity.credential, identity.roles) == ("finance/bot", ("reader", "writer"))
    assert (identity.subject, identity.token_id) == (token.subject, token.token_id)
    assert identity.expires.isoformat() == "2099-01-01T00:00:00+00:00"


async def test_the_token_and_what_claims_to_be_an_identity_do_not_reach_the_application(fake: FakeVerifier) -> None:
    app = Recorder()
    forged = {
        "X-Auth-Roles": "admin",
        "x_auth_subject": "me",
        "X-Auth_Expires": "never",
        "X-AUTH-New": "1",
        "X-Author": "kept",
    }

    await app.asked(Access(app, fake.url), headers={**fake.issue().headers, **forged})

    names = [name for name, _ in app.scope["headers"]]
    assert b"x-author" in names
    assert [
        name for name in names if name.startswith((b"x-auth-", b"x_auth", b"x-auth_")) or name == b"authorization"
    ] == []


async def test_an_open_path_needs_no_token_and_still_shows_no_forged_header(fake: FakeVerifier) -> None:
    app = Recorder()
    access = Access(app, fake.url, open_paths=["/health"])

    answer = await app.asked(access, "/health", headers={"X-Auth-Roles": "admin", "Authorization": "Bearer x"})

    assert answer.status_code == 200
    assert caller_of(app.scope) is None
    assert {b"x-auth-roles", b"authorization"} & dict(app.scope["headers"]).keys() == set()
    assert fake.asked == []


@pytest.mark.parametrize("path", ["/health/", "/health/more", "/healthy", "/HEALTH", "//health"])
async def test_only_the_open_path_itself_is_open(path: str, fake: FakeVerifier) -> None:
    app = Recorder()

    answer = await app.asked(Access(app, fake.url, open_paths=["/health"]), path)

    assert answer.status_code in {400, 401}
    assert app.scopes == []


async def test_a_revoked_token_is_refused_by_the_next_request(fake: FakeVerifier) -> None:
    app, token = Recorder(), fake.issue()
    access = Access(app, fake.url)

    before = await app.asked(access, headers=token.headers)
    fake.revoke(token)
    after = await app.asked(access, headers=token.headers)

    assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/administration", 200),
        ("/admin", 403),
        ("/admin/", 403),
        ("/admin/users", 403),
        ("/admin/own", 200),
        ("/admin/own/x", 200),
        ("/x/../admin", 400),
        ("/admin/own/../users", 400),
        ("//admin", 400),
        ("/./admin", 400),
        ("/x\\..\\..\\admin", 400),
        ("/files//x", 200),
    ],
)
async def test_the_longest_path_that_fits_says_what_is_required(path: str, status: int, fake: FakeVerifier) -> None:
    app = Recorder()
    access = Access(app, fake.url, requirements={"/admin": "role=admin", "/admin/own": "role=user"})

    answer = await app.asked(access, path, headers=fake.issue(roles=["user"]).headers)

    assert answer.status_code == status
    assert len(app.scopes) == (status == 200)


async def test_a_path_below_the_root_of_the_application_is_judged_without_the_root(fake: FakeVerifier) -> None:
    app = Recorder()
    access = Access(app, fake.url, requirements={"/admin": "role=admin"})

    answer = await app.asked(access, "/root/admin", root_path="/root", headers=fake.issue().headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("exchange", _CHECKS, ids=lambda each: each.name)
async def test_a_client_is_told_what_the_real_verifier_tells(
    exchange: Exchange, real: VerifierThread, real_tokens: dict[str, str]
) -> None:
    app = Recorder()
    lines = [line.format(**real_tokens).split(":", 1) for line in exchange.headers]
    headers = [(name.encode(), value.removeprefix(" ").encode()) for name, value in lines]
    try:
        access = Access(app, f"http://{real.address}", requirements={"/": requirement_of(exchange)})
    except ValueError:
        assert exchange.answer.status == 403
        return

    answer = await app.asked(access, headers=headers)

    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (
        exchange.answer.status,
        exchange.answer.challenge,
    )


async def test_a_handler_asks_for_the_model_of_its_request(fake: FakeVerifier) -> None:
    token = fake.issue(permissions=[{"permission": "AccessModel", "model": "a/b;c&d"}])

    async def handler(caller: Caller) -> None:
        assert await caller.may(permission("AccessModel", model="a/b;c&d"))
        assert not await caller.may(permission("AccessModel", model="other"))
        await caller.require(permission("AccessModel", model="other"))

    app = Recorder(handler)
    answer = await app.asked(Access(app, fake.url), headers=token.headers)

    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("model", ["", "@x-model", "a\n", "\ud800", "x" * 3000], ids=lambda model: ascii(model[:9]))
async def test_a_model_that_no_requirement_can_name_is_refused(fake: FakeVerifier, model: str) -> None:
    """The client chooses the model: it must neither break the service nor choose which header it is checked for."""
    token = fake.issue(permissions=[{"permission": "AccessModel", "model": "*"}])
    text = permission("AccessModel", model=model)
    asked = Requirement(permissions=(Permission("AccessModel", (("model", model),)),))

    async def handler(caller: Caller) -> None:
        assert [await caller.may(each) for each in ("permission=AccessModel;model=foo", text, asked)] == [1, 0, 0]
        fake.revoke(token)
        refused = await caller.check(text)
        assert isinstance(refused, Refused)
        assert refused.error == Refused.bad_token().error

    app = Recorder(handler)
    assert (await app.asked(Access(app, fake.url), headers=token.headers)).status_code == 200


async def test_a_token_is_read_from_another_header_if_that_is_named(fake: FakeVerifier) -> None:
    app, token = Recorder(), fake.issue()
    access = Access(app, fake.url, token_headers=["X-API-Key"])

    alone = await app.asked(access, headers={"x-api-key": token.text})
    beside = await app.asked(access, headers={**token.headers, "x-api-key": "other"})
    beside_nothing = await app.asked(access, headers={**token.headers, "x-api-key": ""})

    assert [alone.status_code, beside.status_code, beside_nothing.status_code] == [200, 400, 200]
    assert all(b"x-api-key" not in dict(scope["headers"]) for scope in app.scopes)


async def test_a_scope_of_a_kind_that_nobody_knows_is_not_served() -> None:
    app = Recorder()
    scope: dict[str, Any] = {"type": "webtransport", "path": "/"}

    with pytest.raises(RuntimeError, match="cannot be checked"):
        await Access(app, Verifier("http://127.0.0.1:9"))(scope, app.nothing, app.sent)

    assert app.scopes == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "verifier",
        "ftp://verifier",
        "http://",
        "http://me:x@verifier",
        "http://v?x=1",
        "http://v#x",
        "http://v:port",
    ],
)
def test_a_url_that_cannot_be_asked_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="the verifier's URL cannot be used"):
        Verifier(url)


@pytest.mark.parametrize("path", ["", "admin", "/a//b", "/a/../b", "/./a", "//"])
def test_a_path_that_cannot_be_a_rule_s_is_refused_at_the_start(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be a rule's"):
        Access(Recorder(), "http://verifier", requirements={path: ""})


async def test_a_token_that_came_through_is_shown_nowhere(fake: FakeVerifier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    app, token = Recorder(), fake.issue()

    await app.asked(Access(app, fake.url), headers=token.headers)
    fake.failing = 500
    await app.asked(Access(app, fake.url), headers=token.headers)

    secret = token.text.rsplit("_", 1)[1]
    shown = [repr(token), repr(app.caller), repr(app.scope), str(fake.asked), caplog.text]
    assert [text for text in shown if secret in text] == []
    assert "check failed" in caplog.text
