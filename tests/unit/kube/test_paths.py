"""Where requests go: no name leads elsewhere."""

from __future__ import annotations

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import InvalidError
from pharia_access.kube import paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(paths.of_kind("apiroles"), "/apis/access.pharia.ai/v1alpha1/apiroles", id="everywhere"),
        pytest.param(
            paths.of_kind("apitokens", "a"), "/apis/access.pharia.ai/v1alpha1/namespaces/a/apitokens", id="a namespace"
        ),
        pytest.param(
            paths.of_object("apitokens", ObjectKey("a", "b"), subresource="status"),
            "/apis/access.pharia.ai/v1alpha1/namespaces/a/apitokens/b/status",
            id="a status",
        ),
        pytest.param(paths.of_secret("a", "b"), "/api/v1/namespaces/a/secrets/b", id="a Secret"),
        pytest.param(paths.of_secret("a"), "/api/v1/namespaces/a/secrets", id="where Secrets are created"),
        pytest.param(paths.of_event("a"), "/api/v1/namespaces/a/events", id="where Events are created"),
        pytest.param(
            paths.of_lease("a", "b"), "/apis/coordination.k8s.io/v1/namespaces/a/leases/b", id="a Lease of the operator"
        ),
        pytest.param(paths.of_secret("a", "b?c#d"), "/api/v1/namespaces/a/secrets/b%3Fc%23d", id="odd characters"),
    ],
)
def test_a_path_is_that_of_the_api(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize("name", ["", ".", "..", "../../namespaces/finance", "a/b", "a%2Fb"])
def test_a_name_that_would_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidError, match="cannot be the name of an object"):
        paths.of_secret("finance", name)
