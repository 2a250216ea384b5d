"""The pages of docs/reference that are about what the code has: complete, and nothing made up."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pharia_access.domain.reasons import Reason
from pharia_access.domain.verdict import Refusal
from tests.support.documents.exported import families, operator_page, verifier_page
from tools import kubectl_reference, settings_reference

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_the_page_of_settings_is_up_to_date() -> None:
    page = settings_reference.page()

    assert settings_reference.PAGE.read_text(encoding="utf-8") == page, "run: make generate"


def test_the_page_of_kubectl_access_is_up_to_date() -> None:
    page = kubectl_reference.page()

    assert kubectl_reference.PAGE.read_text(encoding="utf-8") == page, "run: make generate"


def test_the_page_of_kubectl_access_tells_of_every_command() -> None:
    told = re.findall(r"^## kubectl access (.+)$", kubectl_reference.page(), re.MULTILINE)

    assert {"credential roles add", "token create", "token rotate", "audit"} <= set(told)
    assert len(told) == len(set(told))


def test_the_page_of_metrics_lists_every_exported_metric_and_no_other() -> None:
    exported = families(operator_page()) | families(verifier_page())

    assert exported == _named((REFERENCE / "metrics.md").read_text())


@pytest.mark.parametrize(("title", "page_of"), [("the operator", operator_page), ("the verifier", verifier_page)])
def test_each_process_has_its_metrics_under_its_title(title: str, page_of: Callable[[], str]) -> None:
    sections = (REFERENCE / "metrics.md").read_text().split("\n## ")
    (section,) = (section for section in sections if section.startswith(f"Metrics of {title}\n"))

    exported = {name for name in families(page_of()) if not name.startswith("process_")}
    assert exported == _named(section)


def test_the_page_of_lists_shows_every_list_of_every_kind() -> None:
    commands = re.findall(r"^## (kubectl access .+ list)$", kubectl_reference.page(), re.MULTILINE)
    crds = ROOT / "charts" / "pharia-access" / "files" / "crds"
    kinds = [f"kubectl get {crd.stem}" for crd in crds.glob("*.yaml")]

    shown = re.findall(r"^## `(.+)`$", (REFERENCE / "lists.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*commands, *kinds} <= set(shown)
    assert len(commands) == len(kinds)


def test_the_page_of_resources_tells_of_every_reason() -> None:
    page_text = (REFERENCE / "resources.md").read_text(encoding="utf-8")

    assert [reason for reason in Reason if f"`{reason}`" not in page_text] == []


def test_the_page_of_the_verifier_tells_of_every_refusal() -> None:
    page_text = (REFERENCE / "verifier.md").read_text(encoding="utf-8")

    assert [refusal for refusal in Refusal if f"| `{refusal}` |" not in page_text] == []


def _named(text: str) -> set[str]:
    return set(re.findall(r"`((?:pharia_access|process)_\w+)`", text))
