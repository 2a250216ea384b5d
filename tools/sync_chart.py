"""Copies crds/ and the catalog of roles into the chart, byte for byte: `python3 -m tools.sync_chart`.

Helm reads only what lies inside the chart. The originals are outside; a test proves that the copies are the same.
The package carries crds/ too, as JSON: the operator compares the cluster's with them.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

__all__ = ["GUARDS", "copies", "guards", "kinds", "main"]

_ROOT = Path(__file__).resolve().parent.parent
_POLICIES = "admission-policies.yaml"
_FILES = _ROOT / "charts" / "pharia-access" / "files"
GUARDS = _ROOT / "src" / "pharia_access" / "kube" / "guards.json"
"""What the operator carries of crds/."""


def kinds() -> list[Path]:
    """Return the files of our kinds."""
    return [path for path in sorted((_ROOT / "crds").glob("*.yaml")) if path.name != _POLICIES]


def copies() -> dict[Path, Path]:
    """Each original, and where its copy belongs."""
    files = {path: _FILES / "crds" / path.name for path in kinds()}
    policies = _ROOT / "crds" / _POLICIES
    roles = _ROOT / "examples" / "01-roles.yaml"
    return {**files, policies: _FILES / policies.name, roles: _FILES / "roles.yaml"}


def guards() -> str:
    """Everything in crds/, a document a line."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((_ROOT / "crds").glob("*.yaml"))]
    documents = [document for text in texts for document in yaml.safe_load_all(text)]
    return "[\n" + ",\n".join(json.dumps(document) for document in documents) + "\n]\n"


def main() -> None:
    """Make every copy anew, and remove kinds that have no original."""
    wanted = copies()
    for stale in set((_FILES / "crds").iterdir()) - set(wanted.values()):
        stale.unlink()
    for original, copy in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(original.read_bytes())
    GUARDS.write_text(guards(), encoding="utf-8")


if __name__ == "__main__":
    main()
