"""How many files may be open, and how many connections that leaves."""

from __future__ import annotations

import resource

import pytest

from pharia_access.entrypoints.descriptors import connections_within, raise_open_files

INFINITY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param((1024, 4096), 4096, id="raised to the hard one"),
        pytest.param((4096, 4096), 4096, id="nothing to raise"),
        pytest.param((1024, INFINITY), 1_048_576, id="a hard one without a number"),
        pytest.param((INFINITY, INFINITY), 1_048_576, id="no limit"),
        pytest.param((1_073_741_816, 1_073_741_816), 1_073_741_816, id="a very high one"),
    ],
)
def test_the_soft_limit_is_raised(limits: tuple[int, int], expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: asked.append(pair))

    assert raise_open_files() == expected
    assert asked == ([(expected, limits[1])] if limits[0] == 1024 else [])


@pytest.mark.parametrize("error", [OSError(1, "not permitted"), ValueError("exceeds")])
def test_where_it_may_not_be_raised_it_stays(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)

    assert raise_open_files() == 1024
    assert "the limit of open files stays" in caplog.text


@pytest.mark.parametrize(
    ("open_files", "ports", "expected"),
    [
        pytest.param(1_048_576, 1, 4096, id="as many as are wanted"),
        pytest.param(4295, 1, 4096, id="just enough"),
        pytest.param(4294, 1, 4095, id="one too few"),
        pytest.param(1024, 1, 825, id="a usual soft limit"),
        pytest.param(1024, 2, 380, id="for two ports"),
        pytest.param(256, 1, 57, id="few"),
        pytest.param(64, 1, 16, id="hardly any"),
    ],
)
def test_connections_leave_descriptors_for_other_work(open_files: int, ports: int, expected: int) -> None:
    assert connections_within(4096, open_files=open_files, ports=ports, to_server=7) == expected
