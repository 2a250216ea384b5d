"""Where the kubeconfig is, as kubectl finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pharia_access.settings.person import kubeconfig_path


@pytest.mark.parametrize(
    ("named", "at_home", "found"),
    [
        pytest.param("/a:/b", True, "/a:/b", id="named"),
        pytest.param("", True, "{home}/.kube/config", id="by habit"),
        pytest.param("", False, None, id="none, as in a pod"),
    ],
)
def test_the_kubeconfig_is_found(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    named: str,
    at_home: bool,  # noqa: FBT001
    found: str | None,
) -> None:
    monkeypatch.setenv("KUBECONFIG", named)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    if at_home:
        (tmp_path / ".kube").mkdir()
        (tmp_path / ".kube" / "config").write_text("")

    assert kubeconfig_path() == (found and found.format(home=tmp_path))
