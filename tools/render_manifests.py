"""Writes manifests/pharia-access.yaml, for people without Helm, from the chart: `make manifests`.

It is what the chart gives with its default values, less what only Helm reads, in the order in which it should be
applied. A test proves that it is up to date, so
it is also where a change of the chart shows.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tools.build_control_plane import ensure_binaries

__all__ = ["MANIFESTS", "main", "render"]

_ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = _ROOT / "manifests" / "pharia-access.yaml"

_HEAD = "# Made from charts/pharia-access by `make manifests`.\n"
_FOR_HELM = re.compile(
    r"^ *helm\.sh/chart: .*\n|^ *app\.kubernetes\.io/managed-by: Helm\n|^# Source: .*\n", re.MULTILINE
)
_RELEASE = ("pharia-access", "charts/pharia-access", "--namespace=pharia-access-system")
_WITHOUT_HELM = ("--set=crds.keep=false", "--no-hooks")


def render(helm: Path) -> str:
    """The text as it should be."""
    command = [str(helm), "template", *_RELEASE, *_WITHOUT_HELM]
    done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True)
    text = re.sub(r"\n{2,}", "\n", _FOR_HELM.sub("", done.stdout)).removesuffix("---\n")
    documents = sorted(text.removeprefix("---\n").split("\n---\n"), key=_place)
    return f"{_HEAD}---\n" + "\n---\n".join(document.strip("\n") for document in documents) + "\n"


def _place(document: str) -> int:
    """What guards comes first, and people's rights to write last; all else keeps its order."""
    if re.search("^kind: ValidatingAdmissionPolicy", document, re.MULTILINE):
        return 0
    return 2 if re.search('^  name: "pharia-access-(edit|mint)"$', document, re.MULTILINE) else 1


def main() -> None:
    """Write it."""
    MANIFESTS.parent.mkdir(exist_ok=True)
    MANIFESTS.write_text(render(ensure_binaries()["helm"]), encoding="utf-8")


if __name__ == "__main__":
    main()
