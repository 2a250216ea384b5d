"""Argo CD's health checks and actions, by Argo CD's own test files, and its configuration made from them."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lupa import lua51

from tests.support.argocd.lua_scripts import CUSTOMIZATIONS, health, load, run
from tools.argocd_config import files

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

ROOT = CUSTOMIZATIONS.parents[2]
EXAMPLES = ROOT / "examples" / "argocd"
PAGE = ROOT / "docs" / "how-to" / "argo-cd.md"
KINDS = ["ApiCredential", "ApiToken", "WorkloadToken"]


def cases(file: str, list_: str) -> list[Any]:
    """Each case of the test files of that name, with the folder that its paths count from."""
    found = [
        (path.parent, case) for path in CUSTOMIZATIONS.rglob(file) for case in yaml.safe_load(path.read_text())[list_]
    ]
    return [
        pytest.param(folder, case, id=f"{folder} {case['inputPath']}"[len(str(CUSTOMIZATIONS)) + 1 :])
        for folder, case in found
    ]


@pytest.mark.parametrize(("folder", "case"), cases("health_test.yaml", "tests"))
def test_health(folder: Path, case: Json) -> None:
    assert health(load(folder / case["inputPath"])) == case["healthStatus"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_of_the_test_data_has_its_health(kind: str) -> None:
    tested = {
        case["inputPath"] for case in yaml.safe_load((CUSTOMIZATIONS / kind / "health_test.yaml").read_text())["tests"]
    }

    assert tested == {f"testdata/{path.name}" for path in (CUSTOMIZATIONS / kind / "testdata").iterdir()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [None, {}, {"observedGeneration": 1}, {"observedGeneration": 1, "conditions": []}])
def test_an_object_without_conditions_is_waited_for(kind: str, status: Json | None) -> None:
    obj = {"kind": kind, "metadata": {"generation": 1}, "spec": {}, "status": status}

    assert health(obj) == {"status": "Progressing", "message": "Waiting for the operator to look at it"}


@pytest.mark.parametrize(("folder", "case"), cases("action_test.yaml", "discoveryTests"))
def test_which_actions_there_are(folder: Path, case: Json) -> None:
    found = run((folder / "discovery.lua").read_text(), load(folder / case["inputPath"]))

    offered = [{"name": name, **action} for name, action in found.items()]
    assert sorted(offered, key=itemgetter("name")) == sorted(case["result"], key=itemgetter("name"))
    assert found.keys() == {path.parent.name for path in folder.glob("*/action.lua")}


@pytest.mark.parametrize(("folder", "case"), cases("action_test.yaml", "actionTests"))
def test_actions(folder: Path, case: Json) -> None:
    script = (folder / case["action"] / "action.lua").read_text()

    assert run(script, load(folder / case["inputPath"])) == load(folder / case["expectedOutputPath"])


@pytest.mark.parametrize("script", ["return string.lower('A')", "return ('A'):lower()", "math.max(1)", "io.read()"])
def test_scripts_are_run_without_the_libraries_that_argo_cd_keeps_closed(script: str) -> None:
    with pytest.raises(lua51.LuaError, match="attempt to index"):
        run(script, {})


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_configuration_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run: make generate"


def test_the_configuration_holds_the_scripts_as_they_are() -> None:
    patch, values = (yaml.safe_load(text) for text in files().values())
    prefix = "resource.customizations"

    assert patch["data"] == values["configs"]["cm"]
    for kind in KINDS:
        folder = CUSTOMIZATIONS / kind
        assert patch["data"][f"{prefix}.health.access.pharia.ai_{kind}"] == (folder / "health.lua").read_text()
        assert yaml.safe_load(patch["data"][f"{prefix}.actions.access.pharia.ai_{kind}"]) == {
            "discovery.lua": (folder / "actions" / "discovery.lua").read_text(),
            "definitions": [
                {"name": path.parent.name, "action.lua": path.read_text()}
                for path in sorted(folder.glob("actions/*/action.lua"))
            ],
        }


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_each_example_heals_and_prunes_without_exceptions_and_is_shown_as_it_is(path: Path) -> None:
    spec = yaml.safe_load(path.read_text())["spec"]

    assert {"prune": True, "selfHeal": True}.items() <= spec["syncPolicy"]["automated"].items()
    assert "ServerSideApply=true" in spec["syncPolicy"]["syncOptions"]
    assert "ignoreDifferences" not in spec
    assert f"```yaml\n{path.read_text()}```\n" in PAGE.read_text()


def test_the_page_names_every_action_and_every_health() -> None:
    page = PAGE.read_text()
    actions = {path.parent.name for path in CUSTOMIZATIONS.rglob("action.lua")}

    assert [action for action in actions if f"`{action}`" not in page] == []
    assert [word for word in ("Healthy", "Suspended", "Progressing", "Degraded") if f"| {word} |" not in page] == []
