"""What a build of minutes tells: how far it is."""

from __future__ import annotations

import pytest

from tools.go_build import _Progress

LINES = ("go: downloading k8s.io/api v0.37.2\n", "k8s.io/api/core/v1\n", "net/http\n", "go.etcd.io/etcd/server/v3\n")


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (12, "1 modules downloaded, 3 of 12 packages compiled (25 %)"),
        (0, "1 modules downloaded, 3 packages compiled"),
        (3, "1 modules downloaded, 3 of 3 packages compiled (99 %)"),
    ],
)
def test_a_build_tells_which_share_of_its_packages_is_compiled(total: int, told: str) -> None:
    progress = _Progress(total=total)
    for line in LINES:
        progress.read(line)

    assert progress.told() == told


def test_what_is_no_package_is_kept_for_the_error() -> None:
    progress = _Progress()
    progress.read("# k8s.io/api\nbroken.go:1:1: syntax error\n")

    assert (progress.packages, progress.other) == (0, ["# k8s.io/api\nbroken.go:1:1: syntax error\n"])
