"""From which Go module each program comes; here all are built already, as far as anybody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.build_control_plane import ensure_binaries
from tools.control_plane_programs import CONTROL_PLANE, NODE, OF_A_VERSION, module
from tools.kubernetes_versions import BUILT, NEWEST, OLDEST

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache with every program of every version."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    for version in BUILT:
        folder = module(version).binaries
        folder.mkdir(parents=True)
        for name in {**CONTROL_PLANE, **NODE} if version == NEWEST else OF_A_VERSION:
            (folder / name).touch()


@pytest.mark.parametrize("version", BUILT)
def test_a_version_brings_its_own_kubernetes_and_the_newest_etcd_and_helm(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("KUBERNETES", version)

    binaries = ensure_binaries()

    assert binaries.keys() == CONTROL_PLANE.keys()
    assert {binaries[name].parent for name in OF_A_VERSION} == {module(version).binaries}
    assert {binaries[name].parent for name in ("etcd", "helm")} == {module(NEWEST).binaries}


def test_each_version_has_a_folder_of_its_own_in_the_cache() -> None:
    assert len({module(version).binaries.parent.parent for version in BUILT}) == len(BUILT)


def test_what_real_pods_need_is_of_the_newest() -> None:
    assert {path.parent for path in ensure_binaries(NODE).values()} == {module(NEWEST).binaries}


def test_programs_that_are_given_are_used_whichever_version_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = tmp_path / "assets"
    given.mkdir()
    (given / "kube-apiserver").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(given))
    monkeypatch.setenv("KUBERNETES", OLDEST)

    binaries = ensure_binaries()

    assert binaries["kube-apiserver"] == given / "kube-apiserver"
    assert binaries["kubectl"].parent == module(OLDEST).binaries
