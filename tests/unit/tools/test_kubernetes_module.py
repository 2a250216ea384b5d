"""The Go module of a version of Kubernetes: which modules are replaced, and by which version of each."""

from __future__ import annotations

import pytest

from tools.kubernetes_module import module_text, staging, versions

UPSTREAM = """\
module k8s.io/kubernetes

go 1.23.0

godebug default=go1.23

require (
	k8s.io/api v0.0.0
	k8s.io/klog/v2 v2.130.1
	k8s.io/endpointslice v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/endpointslice => ./staging/src/k8s.io/endpointslice
)
"""


def test_only_what_is_replaced_by_a_folder_is_a_staging_module() -> None:
    assert staging(UPSTREAM) == ["k8s.io/api", "k8s.io/endpointslice"]


@pytest.mark.parametrize(
    ("published", "tried"),
    [
        (["v0.32.9", "v0.32.12", "v0.32.13"], ["v0.32.13", "v0.32.12", "v0.32.9"]),
        (["v0.32.9", "v0.32.14", "v0.33.1"], ["v0.32.13", "v0.32.9"]),
        (["v0.32.13-rc.1", "v0.31.13"], ["v0.32.13"]),
        ([], ["v0.32.13"]),
    ],
)
def test_a_release_is_tried_first_and_then_those_before_it(published: list[str], tried: list[str]) -> None:
    assert versions("1.32.13", published) == tried


def test_a_module_replaces_what_kubernetes_replaces_and_keeps_its_defaults_of_go() -> None:
    text = module_text(
        "1.32.13",
        "control-plane-1.32",
        UPSTREAM,
        {"k8s.io/api": "v0.32.13", "k8s.io/endpointslice": "v0.32.12"},
    )

    assert "\ngodebug default=go1.23\n" in text
    assert "\nrequire k8s.io/kubernetes v1.32.13\n" in text
    assert "\tk8s.io/api => k8s.io/api v0.32.13\n" in text
    assert "\tk8s.io/endpointslice => k8s.io/endpointslice v0.32.12\n" in text
    assert "klog" not in text
