"""Copies crds/ and the catalogue of roles into the chart, byte for byte: `python3 -m tools.sync_chart`.

Helm reads only what lies inside the chart. The originals are outside; a test proves that the copies are the same.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["copies", "main"]

_ROOT = Path(__file__).resolve().parent.parent
_FILES = _ROOT / "charts" / "pharia-access" / "files"


def copies() -> dict[Path, Path]:
    """Each original, and where its copy belongs."""
    kinds = {path: _FILES / "crds" / path.name for path in sorted((_ROOT / "crds").glob("api*.yaml"))}
    policies = _ROOT / "crds" / "admission-policies.yaml"
    roles = _ROOT / "examples" / "01-roles.yaml"
    return {**kinds, policies: _FILES / policies.name, roles: _FILES / "roles.yaml"}


def main() -> None:
    """Make every copy anew, and remove kinds that have no original."""
    wanted = copies()
    for stale in set((_FILES / "crds").iterdir()) - set(wanted.values()):
        stale.unlink()
    for original, copy in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(original.read_bytes())


if __name__ == "__main__":
    main()
