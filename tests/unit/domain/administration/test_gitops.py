"""Whether Git declares an object, and which of its fields."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.domain.administration.gitops import declared_by, field_declared_by

ARGO_MARK = {"annotations": {"argocd.argoproj.io/tracking-id": "app:access.pharia.ai/ApiToken:finance/ci"}}
FLUX_MARK = {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}
HELM_MARK = {"labels": {"helm.toolkit.fluxcd.io/name": "release"}}


def managed(manager: str, *fields: str) -> dict[str, Any]:
    """The metadata of an object of whose spec a manager owns these fields."""
    owned: dict[str, Any] = {"f:spec": {f"f:{field}": {} for field in fields}}
    return {"managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": owned}]}


def an_object(*metadata: dict[str, Any], **spec: object) -> dict[str, Any]:
    """With all of this in its metadata."""
    return {"metadata": {name: value for part in metadata for name, value in part.items()}, "spec": spec}


@pytest.mark.parametrize(
    ("metadata", "by"),
    [
        pytest.param({}, "", id="nobody"),
        pytest.param(ARGO_MARK, "Argo CD", id="a mark of Argo CD"),
        pytest.param(FLUX_MARK, "Flux", id="a mark of Flux"),
        pytest.param(HELM_MARK, "Flux", id="a mark of Flux on a release"),
        pytest.param(managed("argocd-controller", "roles"), "argocd-controller", id="fields of Argo CD's"),
        pytest.param(managed("kustomize-controller", "roles"), "kustomize-controller", id="fields of Flux'"),
        pytest.param(managed("kubectl-client-side-apply", "roles"), "", id="fields of kubectl's"),
        pytest.param(managed("helm", "roles"), "", id="fields of Helm's, which waits for a person"),
        pytest.param({"labels": None, "annotations": 3, "managedFields": "x"}, "", id="what breaks a rule"),
        pytest.param({"managedFields": [None, {"manager": None}, {"manager": []}]}, "", id="entries that break a rule"),
    ],
)
def test_an_object_is_declared_by_who_left_a_mark_or_owns_fields(metadata: dict[str, Any], by: str) -> None:
    assert declared_by({"metadata": metadata}) == by


@pytest.mark.parametrize(
    ("body", "by"),
    [
        pytest.param(an_object(roles=["a"]), "", id="nobody's object"),
        pytest.param(an_object(managed("argocd-controller", "roles")), "argocd-controller", id="the field is owned"),
        pytest.param(an_object(managed("argocd-controller", "suspended"), roles=["a"]), "", id="another one is"),
        pytest.param(
            an_object(ARGO_MARK, managed("argocd-controller", "suspended"), roles=["a"]),
            "",
            id="marked, and another one is owned",
        ),
        pytest.param(an_object(ARGO_MARK, roles=["a"]), "Argo CD", id="marked, nothing owned, the field is set"),
        pytest.param(an_object(ARGO_MARK), "", id="marked, nothing owned, the field is not set"),
        pytest.param(an_object(managed("somebody", "roles"), roles=["a"]), "", id="owned by a person"),
        pytest.param({}, "", id="nothing at all"),
    ],
)
def test_a_field_is_declared_by_who_owns_it(body: dict[str, Any], by: str) -> None:
    assert field_declared_by(body, "roles") == by
