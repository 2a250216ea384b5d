"""What the verifier's process listens on: each port within bounds of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pharia_access.entrypoints.verifier import process
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.settings.verifier import VerifierSettings
from tests.support.verifier.verifier_server import VerifierServer

TLS: dict[str, Any] = {"tls_cert_file": "tls.crt", "tls_key_file": "tls.key"}
REVIEWS: dict[str, Any] = {
    "token_review": True,
    "token_review_cert_file": "r.crt",
    "token_review_key_file": "r.key",
    "token_review_client_ca_file": "ca.crt",
    "token_review_port": 8444,
}
SET: dict[str, Any] = {
    "max_connections": 3000,
    "max_header_bytes": 8192,
    "max_body_bytes": 32768,
    "request_read_timeout": "7s",
    "idle_timeout": "40s",
}
BOUNDS = Limits(head_bytes=8192, body_bytes=32768, request_seconds=7, idle_seconds=40, connections=3000)


class Metrics:
    """Notes what is told."""

    def __init__(self) -> None:
        self.bound: int | None = None

    def connections_bound(self, most: int) -> None:
        self.bound = most

    def connection_closed(self, reason: object) -> None: ...


def bounds_of(monkeypatch: pytest.MonkeyPatch, *, open_files: int = 1_048_576, **fields: Any) -> tuple[Any, int | None]:  # noqa: ANN401 - whatever settings take
    """The limits of each port by its number, with whether it has TLS; and what the metric says."""
    made: dict[int, tuple[Limits, bool, Any]] = {}

    def listener(_app: object, limits: Limits, **rest: Any) -> SimpleNamespace:  # noqa: ANN401 - what a Listener takes
        return SimpleNamespace(limits=limits, tls=rest["tls"])

    monkeypatch.setattr(process, "Listener", listener)
    monkeypatch.setattr(process, "raise_open_files", lambda: open_files)
    metrics, server = Metrics(), VerifierServer()
    parts: Any = SimpleNamespace(
        authorizer=server.authorizer,
        metrics=metrics,
        clock=SimpleNamespace(monotonic=lambda: 0.0),
        client_word=None,
    )
    found: list[tuple[Any, str, int]] = [*process.listeners(VerifierSettings(**fields), parts)]
    for one, name, port in found:
        made[port] = (one.limits, one.tls is not None, name)
    return made, metrics.bound


def test_a_port_without_tls_has_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bounds_of(monkeypatch, **SET) == ({8000: (BOUNDS, False, "checks")}, 3000)


def test_a_port_with_tls_has_half_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    made, bound = bounds_of(monkeypatch, **SET, **TLS)

    assert (made, bound) == ({8000: (BOUNDS.behind_tls(), True, "checks")}, 1500)


@pytest.mark.parametrize("fast_path", [True, False])
@pytest.mark.parametrize(("tls", "places"), [({}, 3000), (TLS, 1500)], ids=["plain checks", "checks over TLS"])
def test_the_port_of_token_reviews_has_few_places_whatever_the_other_has(
    tls: dict[str, Any], places: int, monkeypatch: pytest.MonkeyPatch, *, fast_path: bool
) -> None:
    made, bound = bounds_of(monkeypatch, fast_path=fast_path, **SET, **tls, **REVIEWS)

    of_checks, of_reviews = made[8000], made[8444]
    assert (of_checks[0].connections, of_checks[1], bound) == (places, bool(tls), places)
    assert of_reviews == (BOUNDS.for_reviews(), True, "token-review")
    assert of_reviews[0].connections == 256


def test_where_few_files_may_be_open_each_port_has_its_share_of_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made, bound = bounds_of(monkeypatch, open_files=1024, **SET, **TLS, **REVIEWS)

    few = made[8000][0].connections * 2
    assert 300 < few < 500
    assert made[8000][0] == BOUNDS.behind_tls().__class__(8192, 32768, 7, 40, few // 2)
    assert (made[8444][0].connections, bound) == (few // 2, few // 2)
    assert "fewer connections than set may be open" in caplog.text


@pytest.mark.parametrize(
    ("longest", "told"),
    [
        pytest.param("0s", [1030, 90_000], id="off"),
        pytest.param("1m", [1030, 1060], id="a minute ahead"),
    ],
)
def test_introspection_says_that_a_token_ends_no_later_than_was_set(longest: str, told: list[int]) -> None:
    capped = process._capped(VerifierSettings(introspection_longest_expiry=longest), lambda: 1000.0)

    assert [capped(end) for end in (1030, 90_000)] == told
