"""Writes everything that is generated from something else: `make generate`, or `python -m tools.generate [--fast]`.

`--fast` leaves out what needs the control plane: the manifests, which Helm renders, and the tutorial, whose commands
run on a real API server. A test fails for each file that is out of date, and names `make generate`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools import (
    argocd_config,
    chart_values,
    decisions,
    kubectl_reference,
    list_pictures,
    owners,
    recording,
    render_manifests,
    settings_reference,
    sync_chart,
    transcript,
    values_reference,
    version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GENERATORS", "Generator", "main"]


@dataclass(frozen=True, slots=True)
class Generator:
    """One generator: what it writes, how, and whether it needs the control plane."""

    writes: str
    write: Callable[[], object]
    needs_control_plane: bool = False


# In this order: the manifests are rendered from the chart that the generators before them complete.
GENERATORS = (
    Generator("the version of pyproject.toml in the chart, the package and the pages", version.main),
    Generator("charts/pharia-access/files (copies of crds/ and of the roles), kube/guards.json", sync_chart.main),
    Generator("charts/pharia-access/files/values.json and values.schema.json", chart_values.main),
    Generator("charts/pharia-access/README.md (the table of values)", values_reference.main),
    Generator("docs/reference/settings.md", settings_reference.main),
    Generator("docs/reference/kubectl-access.md", kubectl_reference.main),
    Generator("docs/decisions/README.md", decisions.main),
    Generator("argocd/argocd-cm-patch.yaml and argo-helm-values.yaml", argocd_config.main),
    Generator(".github/CODEOWNERS, MAINTAINERS.md and the contacts", owners.write_all),
    Generator("manifests/pharia-access.yaml", render_manifests.main, needs_control_plane=True),
    Generator("docs/tutorial/kubectl-access.md (what the commands print)", transcript.main, needs_control_plane=True),
    Generator(
        "docs/reference/lists.md (each list at 80 and 120 columns)", list_pictures.main, needs_control_plane=True
    ),
    Generator("docs/images/recording.svg (a session at a terminal)", recording.main, needs_control_plane=True),
)


def main(arguments: Sequence[str]) -> int:
    """Run every generator, one line each. Answers the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description="Write everything that is generated.")
    parser.add_argument("--fast", action="store_true", help="leave out what needs the control plane")
    fast = parser.parse_args(arguments).fast
    for generator in GENERATORS:
        if fast and generator.needs_control_plane:
            print(f"left out: {generator.writes}")
            continue
        print(generator.writes, flush=True)
        generator.write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
