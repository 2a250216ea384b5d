"""Attacks on a verifier's doors: every token in every shape by every protocol, and the settings that few use.

`watchNamespaces`, TLS, introspection and TokenReview, each with tokens that are good, dead, cut and somebody else's.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

import pytest

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier import introspection
from tests.attacks.attackers import BOSS
from tests.attacks.evidence import Evidence
from tests.attacks.furnished_namespaces import MINTED
from tests.attacks.goals import reached
from tests.attacks.http_moves import PROTOCOLS, SHAPES, Front, checks, exchanged, targets_tried
from tests.attacks.known import unexpected
from tests.attacks.play import Outcome, Play
from tests.attacks.reviews import AUDIENCE, answered
from tests.attacks.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.attacks.furnished_namespaces import Place
    from tests.attacks.http_moves import Check, Exchange
    from tests.attacks.world import World
    from tools.control_plane.verifiers import RunningVerifier

ALIVE: Final = ("own", "victims", "first", "lonely")
SOME: Final = ("as it is", "without its last character", "of another's ID")


@pytest.fixture(scope="module")
def place(world: World) -> Place:
    return world.place()


@pytest.fixture(scope="module")
def plain(world: World, place: Place) -> Front:
    """The verifier of everybody, whose callers and API server have what they need."""
    review = (world.review_port, world.certificates.context("api-server"))
    return Front(world.verifier.port, caller=place.texts["victims"], review=review)


@pytest.fixture(scope="module")
def narrow(world: World, place: Place) -> Iterator[Front]:
    """A verifier behind TLS that knows the place alone."""
    certificates = world.certificates
    settings = {"TLS_CERT_FILE": certificates.path("server.crt"), "TLS_KEY_FILE": certificates.path("server.key")}
    started: RunningVerifier = world.start_verifier({"WATCH_NAMESPACES": place.namespace, **settings})
    yield Front(started.port, caller=place.texts["victims"], tls=certificates.context(None))
    started.process.stop()


def judged(place: Place, made: list[Check]) -> list[str]:
    evidence = Evidence(place, checks=made)
    return unexpected(Outcome(Play("checks", ()), evidence, reached(evidence)))


def test_no_token_passes_dead_or_in_another_shape(plain: Front, place: Place, told: Callable[[str], None]) -> None:
    made = list(checks(plain, place))

    assert judged(place, made) == []
    accepted = [check.what for check in made if check.accepted]
    assert accepted == [
        f"{protocol}: the token {name!r} as it is"
        for protocol in PROTOCOLS
        for name in MINTED
        if name in ALIVE and (protocol not in {"introspects", "reviewed"} or name in {"victims", "first"})
    ]
    told(f"attacks: {len(made)} checks, of {len(MINTED)} tokens in {len(SHAPES)} shapes by {len(PROTOCOLS)} protocols")


def test_no_requirement_is_passed_that_is_not_met(plain: Front, place: Place) -> None:
    made = list(targets_tried(plain, place))

    assert len(made) == len(TARGETS)
    assert judged(place, made) == []
    held = exchanged(plain, f"/auth/nginx?role={BOSS}", f"Authorization: Bearer {place.texts['victims']}")
    assert held.status == 200, "who holds the role passes"


def test_behind_tls_with_some_namespaces_it_is_the_same(narrow: Front, place: Place) -> None:
    made = [*checks(narrow, place, SOME), *targets_tried(narrow, place)]

    assert judged(place, made) == []
    assert sum(check.accepted for check in made) == len(ALIVE) * 6 + 2


def test_a_namespace_that_is_not_watched_has_no_good_tokens_there(world: World, narrow: Front, plain: Front) -> None:
    elsewhere = world.place()

    assert {check.what for check in checks(narrow, elsewhere, SOME) if check.accepted} == set()
    asked = [PROTOCOLS["nginx"](plain, elsewhere.texts[name]) for name in ALIVE]
    assert asked == [True] * len(ALIVE), "which are good elsewhere"


def test_a_twin_in_a_watched_namespace_makes_no_token_of_another_good(
    world: World, narrow: Front, place: Place
) -> None:
    """The same names, and so the same keys of everything but the UID; only the operator may copy a status."""
    other = world.place()
    copied = next(one for one in other.before.values() if one["metadata"]["name"] == "victims")
    twin = {**copied, "metadata": {"name": "twin", "namespace": place.namespace, "ownerReferences": []}}

    reply = world.admin.create(twin)

    assert reply.ok
    assert "tokenID" not in reply.body.get("status", {})
    assert not PROTOCOLS["nginx"](narrow, other.texts["victims"])
    assert world.admin.delete(twin).ok


@pytest.mark.parametrize(
    ("client", "audiences", "name", "expected"),
    [
        pytest.param("api-server", [], "victims", True, id="the API server asks"),
        pytest.param("api-server", [AUDIENCE], "victims", True, id="for its own audience"),
        pytest.param("api-server", ["another", AUDIENCE], "victims", True, id="for its own among others"),
        pytest.param("api-server", ["another"], "victims", False, id="for another audience"),
        pytest.param("api-server", [f"{AUDIENCE}/"], "victims", False, id="for one that looks like it"),
        pytest.param("api-server", [], "own", False, id="about a token without the permission"),
        pytest.param("api-server", [], "revoked", False, id="about one that was revoked"),
        pytest.param("api-server", [], "leaving", False, id="about one that is being deleted"),
        pytest.param("api-server", [], "expired", False, id="about one that is over"),
        pytest.param("api-server", [], "gone", False, id="about one that was deleted"),
        pytest.param("api-server", [], "sleeper", False, id="about one of a suspended credential"),
        pytest.param("stranger", [], "victims", None, id="a stranger asks"),
        pytest.param(None, [], "victims", None, id="somebody without a certificate asks"),
    ],
)
def test_a_token_review_is_for_the_api_server_and_its_audience(
    world: World, place: Place, client: str | None, audiences: list[str], name: str, *, expected: bool | None
) -> None:
    context = world.certificates.context(client)

    status = answered(world.review_port, context, place.texts[name], *audiences)

    assert (None if status is None else status["authenticated"]) is expected


def test_a_cut_token_is_not_reviewed(plain: Front, world: World, place: Place) -> None:
    context = world.certificates.context("api-server")
    for shape, shaped in list(SHAPES.items())[1:]:
        status = answered(world.review_port, context, shaped(place.texts["victims"], place.texts["own"]))
        assert status is None or status == {"authenticated": False}, shape


@pytest.mark.parametrize("packets", [1, 2, 3])
def test_a_request_in_the_body_of_another_is_none(plain: Front, narrow: Front, place: Place, packets: int) -> None:
    """A way in without a token: what follows an offer to upgrade is the body that was announced."""
    inner = f"GET /auth/forward HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer {place.texts['own']}\r\n\r\n"
    offer = ("Connection: Upgrade, close", "Upgrade: x")

    for front in (plain, narrow):
        reply = exchanged(front, "/auth/forward", *offer, method="POST", body=inner, packets=packets)
        assert (reply.status, reply.after) == (401, b"")


def introspect(front: Front, caller: str, body: str, media: str = "application/x-www-form-urlencoded") -> Exchange:
    lines = (f"Authorization: Bearer {caller}", f"Content-Type: {media}")
    return exchanged(front, "/oauth2/introspect", *lines, method="POST", body=body)


@pytest.mark.parametrize("name", ["own", "revoked", "expired", "gone", "leaving", "sleeper"])
def test_who_may_not_introspect_learns_nothing_not_even_of_their_own(plain: Front, place: Place, name: str) -> None:
    replies = [introspect(plain, place.texts[name], f"token={place.texts[about]}") for about in (name, "victims")]

    # One answer to each, whatever token it is about, and whatever is wrong with the caller's own.
    (answer,) = {(reply.status, reply.body) for reply in replies}
    refused = introspection.refuse(Refusal.INSUFFICIENT_SCOPE if name == "own" else Refusal.UNKNOWN_TOKEN)
    assert answer == (refused.status, refused.body)


def test_of_a_token_that_is_not_good_nothing_is_told(plain: Front, place: Place) -> None:
    dead = {name: introspect(plain, plain.caller, f"token={place.texts[name]}") for name in MINTED if name not in ALIVE}
    cut = introspect(plain, plain.caller, f"token={place.texts['own'][:-1]}")
    twice = introspect(plain, plain.caller, f"token=x&token={place.texts['own']}")
    no_form = introspect(plain, plain.caller, f"token={place.texts['own']}", "application/json")

    assert {reply.body for reply in (*dead.values(), cut)} == {b'{"active":false}'}
    assert (twice.status, no_form.status) == (400, 400)


def versions() -> list[object]:
    old = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]
    return [pytest.param(version, id=version.name) for version in old]


@pytest.mark.parametrize("version", versions())
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_version_of_tls_opens_no_door(narrow: Front, place: Place, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version

    reply = exchanged(Front(narrow.port, "", tls=context), "/auth/nginx", f"Authorization: Bearer {place.texts['own']}")

    assert reply.status == 0


def test_plain_http_at_a_tls_port_is_answered_by_nobody_and_hurts_nobody(narrow: Front, place: Place) -> None:
    bearer = f"Authorization: Bearer {place.texts['own']}"
    wrong = Front(narrow.port, "")

    assert [exchanged(wrong, "/auth/nginx", bearer).status for _ in range(20)] == [0] * 20
    assert exchanged(narrow, "/auth/nginx", bearer).status == 200


def test_without_a_server_name_the_door_is_the_same(narrow: Front, place: Place) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    nameless = Front(narrow.port, "", tls=context)

    assert [
        exchanged(nameless, "/auth/nginx", f"Authorization: Bearer {place.texts[name]}").status
        for name in ("own", "revoked")
    ] == [200, 401]
