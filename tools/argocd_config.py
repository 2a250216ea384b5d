"""Writes what Argo CD's configuration needs of argocd/resource_customizations: `python3 -m tools.argocd_config`.

Two files with the same entries: a patch for the ConfigMap argocd-cm, and values for the chart argo-cd of argo-helm.
A test proves that they are up to date.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

__all__ = ["files", "main"]

_FOLDER = Path(__file__).resolve().parent.parent / "argocd"
_SCRIPTS = _FOLDER / "resource_customizations"
_HEAD = "# Made from argocd/resource_customizations by tools/argocd_config.py.\n"
# The verifier writes them about once an hour for what is in use; without this, each write refreshes the Application.
_IGNORED_UPDATES = {
    "access.pharia.ai_ApiToken": "jsonPointers:\n- /status/lastUsedTime\n- /status/lastInspectedTime\n",
    "access.pharia.ai_ApiCredential": "jsonPointers:\n- /status/lastUsedTimes\n",
}


def files() -> dict[Path, str]:
    """Each file, and what it should hold."""
    entries = "".join(_entry(key, value) for key, value in _entries().items())
    return {
        _FOLDER / "argocd-cm-patch.yaml": f"{_HEAD}data:\n{indent(entries, '  ')}",
        _FOLDER / "argo-helm-values.yaml": f"{_HEAD}configs:\n  cm:\n{indent(entries, '    ')}",
    }


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def _entries() -> dict[str, str]:
    """The entries of argocd-cm."""
    entries = {}
    for script in sorted(_SCRIPTS.glob("*/*/health.lua")):
        folder = script.parent
        name = f"{folder.parent.name}_{folder.name}"
        entries[f"resource.customizations.health.{name}"] = script.read_text(encoding="utf-8")
        entries[f"resource.customizations.actions.{name}"] = _actions(folder / "actions")
    ignored = {f"resource.customizations.ignoreResourceUpdates.{name}": text for name, text in _IGNORED_UPDATES.items()}
    return {**entries, **ignored}


def _actions(folder: Path) -> str:
    discovery = _entry("discovery.lua", (folder / "discovery.lua").read_text(encoding="utf-8"))
    return f"{discovery}definitions:\n" + "".join(
        f"- name: {script.parent.name}\n" + indent(_entry("action.lua", script.read_text(encoding="utf-8")), "  ")
        for script in sorted(folder.glob("*/action.lua"))
    )


def _entry(key: str, text: str) -> str:
    return f"{key}: |\n{indent(text, '  ')}"


if __name__ == "__main__":
    main()
