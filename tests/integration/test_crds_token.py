"""The schema of ApiToken on a real API server: what is accepted, what is refused, and what a person is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.builders.domain_objects import TEXT
from tools.control_plane.api import APPLY, JSON_PATCH, Api
from tools.control_plane.resources import api_token

DATE = "must be a real date and time from 2020 to 2199, with whole seconds and a zone, such as 2027-01-31T00:00:00Z"
TTL = "must be a duration from 1s to 8784h (366 days) in hours, minutes and seconds, such as"
WINDOW = "must be a duration from 1m to 24h in hours, minutes and seconds, such as 1h or 90m"
WITH_REASON = {"revoked": True, "revocationReason": "in a public log"}
ONE_LINE = "must be one line without control characters"
REVOKED = "revocation is permanent: keep revoked at true; for a new token create another ApiToken"
KEPT_TTL = "ttl cannot be set, changed or removed after creation: to end the token sooner set expiresAt"
KEPT_DELIVERY = "delivery cannot be set, changed or removed after creation: the token is delivered once"
POSTPONED = "expiresAt cannot be postponed: it may only be brought forward; for a longer life create a new ApiToken"
REMOVED = "expiresAt cannot be removed: keep it, or bring it forward; for a longer life create a new ApiToken"

Json = dict[str, Any]


def try_to_create(admin: Api, obj: Json) -> str:
    """What a person is told who creates the object; empty if it is accepted."""
    return admin.create(obj, dryRun="All", fieldValidation="Strict").message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="only a credential"),
        pytest.param({"description": "x" * 1024}, id="the longest description"),
        pytest.param({"ttl": "1s"}, id="the shortest ttl"),
        pytest.param({"ttl": "8784h"}, id="the longest ttl"),
        pytest.param({"ttl": "31622400s"}, id="the longest ttl in seconds"),
        pytest.param({"ttl": "1h30m"}, id="a ttl of two units"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00Z"}, id="an end in UTC"),
        pytest.param({"expiresAt": "2027-01-31T01:00:00+01:00"}, id="an end east of Greenwich"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00-09:30"}, id="an end west of Greenwich"),
        pytest.param({"expiresAt": "2028-02-29T00:00:00Z"}, id="an end on a leap day"),
        pytest.param({"expiresAt": "2020-01-01T00:00:00Z"}, id="the earliest end, long past"),
        pytest.param({"expiresAt": "2199-12-31T23:59:59Z"}, id="the latest end"),
        pytest.param({"ttl": "720h", "expiresAt": "2027-01-31T00:00:00Z"}, id="both kinds of end"),
        pytest.param({"revoked": True}, id="revoked from the start"),
        pytest.param({"delivery": {}}, id="an empty delivery"),
        pytest.param({"delivery": {"secretName": "a.b-c", "window": "1m"}}, id="the shortest window"),
        pytest.param({"delivery": {"window": "24h"}}, id="the longest window"),
        pytest.param({"ttl": None, "revoked": None, "delivery": None}, id="null means unset"),
    ],
)
def test_a_token_is_accepted(admin: Api, spec: Json) -> None:
    assert try_to_create(admin, api_token("default", **spec)) == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"credentialRef": None}, "spec.credentialRef: Required value", id="no credential"),
        pytest.param({"credentialRef": {}}, "spec.credentialRef.name: Required value", id="no name of one"),
        pytest.param(
            {"credentialRef": {"name": "Invoice Bot"}},
            "must be the metadata.name of an ApiCredential in this namespace, such as invoice-bot",
            id="a display name for a credential",
        ),
        pytest.param(
            {"credentialRef": {"name": "a", "namespace": "b"}},
            'unknown field "spec.credentialRef.namespace"',
            id="a credential of another namespace",
        ),
        pytest.param({"credentialRef": {"name": "x" * 64}}, "Too long: may not be more than 63", id="a long name"),
        pytest.param({"description": "x" * 1025}, "spec.description: Too long", id="a long description"),
        pytest.param({"ttl": "0s"}, TTL, id="no lifetime"),
        pytest.param({"ttl": "-1h"}, TTL, id="a negative lifetime"),
        pytest.param({"ttl": "8784h1s"}, TTL, id="a lifetime over the maximum"),
        pytest.param({"ttl": "99999999999h"}, TTL, id="a lifetime that overflows"),
        pytest.param({"ttl": "30d"}, TTL, id="a lifetime in days"),
        pytest.param({"ttl": "1.5h"}, TTL, id="a lifetime in fractions"),
        pytest.param({"ttl": "30m1h"}, TTL, id="units in the wrong order"),
        pytest.param({"ttl": "720"}, TTL, id="a lifetime without a unit"),
        pytest.param({"ttl": ""}, TTL, id="an empty lifetime"),
        pytest.param({"ttl": 720}, "must be of type string", id="a lifetime that is a number"),
        pytest.param({"expiresAt": "2027-02-30T00:00:00Z"}, DATE, id="30 February"),
        pytest.param({"expiresAt": "2027-02-29T00:00:00Z"}, DATE, id="a leap day in an ordinary year"),
        pytest.param({"expiresAt": "2100-02-29T00:00:00Z"}, DATE, id="a leap day in a century year"),
        pytest.param({"expiresAt": "2027-13-01T00:00:00Z"}, DATE, id="a thirteenth month"),
        pytest.param({"expiresAt": "2027-06-30T23:59:60Z"}, DATE, id="a leap second"),
        pytest.param({"expiresAt": "2027-01-31T24:00:00Z"}, DATE, id="hour 24"),
        pytest.param({"expiresAt": "2027-01-31t00:00:00z"}, DATE, id="lower-case letters"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00z"}, DATE, id="a lower-case zone"),
        pytest.param({"expiresAt": "2027-01-31 00:00:00Z"}, DATE, id="a space for the T"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00"}, DATE, id="no zone"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00+25:00"}, DATE, id="a zone that is none"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00+0100"}, DATE, id="a zone without a colon"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00.5Z"}, DATE, id="parts of a second"),
        pytest.param({"expiresAt": "2027-01-31"}, DATE, id="a date alone"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00Z\n"}, DATE, id="a line break at the end"),
        pytest.param({"expiresAt": "0000-01-01T00:00:00Z"}, DATE, id="the year 0"),
        pytest.param({"expiresAt": "2019-12-31T23:59:59Z"}, DATE, id="a year before 2020"),
        pytest.param({"expiresAt": "2200-01-01T00:00:00Z"}, DATE, id="a year after 2199"),
        pytest.param({"expiresAt": "9999-12-31T23:59:59Z"}, DATE, id="for ever"),
        pytest.param({"expiresAt": ""}, DATE, id="an empty end"),
        pytest.param({"delivery": {"window": "59s"}}, WINDOW, id="a window under a minute"),
        pytest.param({"delivery": {"window": "24h1s"}}, WINDOW, id="a window over a day"),
        pytest.param({"delivery": {"secretName": "My_Secret"}}, "must be a name for a Secret", id="a bad name"),
        pytest.param({"delivery": {"secretName": "x" * 254}}, "Too long", id="a long name of a Secret"),
        pytest.param({"revoked": "yes"}, "must be of type boolean", id="revoked in words"),
        pytest.param({"rotate": True}, 'unknown field "spec.rotate"', id="a field that does not exist"),
    ],
)
def test_a_token_is_refused(admin: Api, spec: Json, message: str) -> None:
    told = try_to_create(admin, api_token("default", **spec))

    assert message in told
    assert "evaluating rule" not in told


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param({}, {"description": "new"}, id="a description"),
        pytest.param({"description": "old"}, {"description": None}, id="no description any more"),
        pytest.param({}, {"expiresAt": "2027-01-31T00:00:00Z"}, id="an end is set"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00Z"}, {"expiresAt": "2027-01-30T23:59:59Z"}, id="an earlier end"),
        pytest.param(
            {"expiresAt": "2027-01-31T00:00:00Z"},
            {"expiresAt": "2027-01-31T01:00:00+01:00"},
            id="the same moment in another zone",
        ),
        pytest.param(
            {"expiresAt": "2027-01-31T00:00:00Z"},
            {"expiresAt": "2027-01-31T05:00:00+06:00"},
            id="an earlier moment that looks later",
        ),
        pytest.param({"expiresAt": "2027-01-31T00:00:00Z"}, {"expiresAt": "2020-01-01T00:00:00Z"}, id="at once"),
        pytest.param({}, {"revoked": True}, id="revoked"),
        pytest.param({}, {"revoked": False}, id="not revoked, in so many words"),
        pytest.param({"revoked": False}, {"revoked": True}, id="revoked after all"),
        pytest.param({"revoked": False}, {"revoked": None}, id="no word about it any more"),
        pytest.param({}, {"revoked": True, "revocationReason": "in a public log"}, id="revoked with a reason"),
        pytest.param({"revoked": True}, {"revocationReason": "Lärm, 100 %"}, id="a reason afterwards"),
        pytest.param({"revoked": True}, {"expiresAt": "2020-01-01T00:00:00Z"}, id="an end for a revoked one"),
        pytest.param({"ttl": "720h"}, {"ttl": "720h"}, id="the same ttl again"),
    ],
)
def test_a_change_of_a_token_is_accepted(admin: Api, namespace: str, before: Json, change: Json) -> None:
    token = api_token(namespace, **before)
    assert admin.create(token).ok

    assert admin.patch(token, {"spec": change}).message == ""


@pytest.mark.parametrize(
    ("before", "change", "message"),
    [
        pytest.param({"revoked": True}, {"revoked": False}, REVOKED, id="revocation is taken back"),
        pytest.param({"revoked": True}, {"revoked": None}, REVOKED, id="revocation is unset"),
        pytest.param(
            WITH_REASON, {"revocationReason": "another"}, "revocationReason cannot be changed", id="its reason"
        ),
        pytest.param(WITH_REASON, {"revocationReason": None}, "revocationReason cannot be removed", id="no reason"),
        pytest.param({}, {"revocationReason": "x"}, "revocationReason is for a revoked token", id="a reason alone"),
        pytest.param({"revoked": True}, {"revocationReason": "a\nb"}, ONE_LINE, id="two lines"),
        pytest.param({"revoked": True}, {"revocationReason": "a\x1b[2J"}, ONE_LINE, id="an escape"),
        pytest.param({"revoked": True}, {"revocationReason": "a\u2028b"}, ONE_LINE, id="a line separator"),
        pytest.param({"revoked": True}, {"revocationReason": "x" * 257}, "256", id="a long reason"),
        pytest.param({"revoked": True}, {"revocationReason": ""}, "at least 1", id="an empty reason"),
        pytest.param(
            {"revoked": True}, {"revocationReason": TEXT.reveal()}, "must not hold a token's text", id="a token"
        ),
        pytest.param({}, {"ttl": "720h"}, KEPT_TTL, id="a ttl is set"),
        pytest.param({"ttl": "720h"}, {"ttl": None}, KEPT_TTL, id="a ttl is unset"),
        pytest.param({"ttl": "720h"}, {"ttl": "721h"}, KEPT_TTL, id="a ttl is changed"),
        pytest.param({}, {"delivery": {}}, KEPT_DELIVERY, id="a delivery is set"),
        pytest.param({"delivery": {"window": "2h"}}, {"delivery": None}, KEPT_DELIVERY, id="a delivery is unset"),
        pytest.param(
            {"delivery": {"window": "2h"}}, {"delivery": {"window": "3h"}}, KEPT_DELIVERY, id="a window is changed"
        ),
        pytest.param(
            {"delivery": {"window": "2h"}}, {"delivery": {"window": None}}, KEPT_DELIVERY, id="a window is unset"
        ),
        pytest.param({"delivery": {}}, {"delivery": {"secretName": "other"}}, KEPT_DELIVERY, id="a Secret is renamed"),
        pytest.param({"expiresAt": "2027-01-31T00:00:00Z"}, {"expiresAt": None}, REMOVED, id="an end is unset"),
        pytest.param(
            {"expiresAt": "2027-01-31T00:00:00Z"},
            {"expiresAt": "2027-01-31T00:00:01Z"},
            POSTPONED,
            id="an end is postponed",
        ),
        pytest.param(
            {"expiresAt": "2027-01-31T00:00:00Z"},
            {"expiresAt": "2027-01-30T23:30:00-01:00"},
            POSTPONED,
            id="a later moment that looks earlier",
        ),
        pytest.param(
            {"expiresAt": "2027-01-31T00:00:00Z"}, {"expiresAt": "2026-02-30T00:00:00Z"}, DATE, id="30 February"
        ),
        pytest.param(
            {},
            {"credentialRef": {"name": "other"}},
            "credentialRef cannot be changed: create a new ApiToken under the other credential",
            id="another credential",
        ),
        pytest.param({}, {"credentialRef": None}, "spec.credentialRef: Required value", id="no credential"),
    ],
)
def test_a_change_of_a_token_is_refused(admin: Api, namespace: str, before: Json, change: Json, message: str) -> None:
    token = api_token(namespace, **before)
    assert admin.create(token).ok

    told = admin.patch(token, {"spec": change}).message

    assert message in told
    assert "evaluating rule" not in told


@pytest.mark.parametrize(
    ("field", "message"),
    [
        pytest.param("revoked", REVOKED, id="revoked"),
        pytest.param("ttl", KEPT_TTL, id="ttl"),
        pytest.param("expiresAt", REMOVED, id="expiresAt"),
        pytest.param("delivery", KEPT_DELIVERY, id="delivery"),
    ],
)
def test_no_way_of_writing_unsets_a_one_way_field(admin: Api, namespace: str, field: str, message: str) -> None:
    full: Json = {"revoked": True, "ttl": "1h", "expiresAt": "2027-01-31T00:00:00Z", "delivery": {"window": "1m"}}
    without = {key: value for key, value in full.items() if key != field}
    token = api_token(namespace, **full)
    git = {"form": APPLY, "fieldManager": "git"}
    assert admin.patch(token, token, **git).ok
    stored = admin.read(token).body

    ways = {
        "apply": admin.patch(token, api_token(namespace, **without), **git),
        "replace": admin.replace({**stored, "spec": {"credentialRef": {"name": "invoice-bot"}, **without}}),
        "null": admin.patch(token, [{"op": "replace", "path": f"/spec/{field}", "value": None}], form=JSON_PATCH),
        "remove": admin.patch(token, [{"op": "remove", "path": f"/spec/{field}"}], form=JSON_PATCH),
    }

    assert {way: message in reply.message for way, reply in ways.items()} == dict.fromkeys(ways, True)
