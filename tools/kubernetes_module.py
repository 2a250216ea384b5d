"""Writes the Go module of a further version of Kubernetes: `python -m tools.kubernetes_module 1.34.4`.

The folder is tools/go/control-plane-1.34, with the API server, the controllers and kubectl. For a new minor version, or
a newer release of one; the newest version's own module, tools/go/control-plane, is kept by hand. Standard library only.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.go_toolchain import BuildError, find_go, go_environment
from tools.kubernetes_versions import older_module_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["main", "module_text", "staging", "versions"]

_ROOT = Path(__file__).resolve().parent / "go"
_GO = (1, 26)
_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kubectl")

_TEXT = """\
// Kubernetes {release} for tests: written by `python -m tools.kubernetes_module {release}`.
module pharia-access/tools/{name}

go 1.26.0

{godebug}

tool (
{tools}
)

require k8s.io/kubernetes v{release}

// k8s.io/kubernetes replaces each of its staging modules by a local path; these are the same modules as published.
// Where one lacks this release, the release before it serves.
replace (
{replacements}
)
"""


def main(arguments: list[str]) -> int:
    """Write the module of the release that is named, `1.34.4`; answer the exit status."""
    (release,) = arguments
    name = older_module_name(release.rpartition(".")[0])  # also of what is still the newest
    folder = _ROOT / name
    folder.mkdir(exist_ok=True)
    upstream = _upstream(release)
    modules = {module: _version(module, release) for module in staging(upstream)}
    (folder / "go.mod").write_text(module_text(release, name, upstream, modules), encoding="utf-8")
    _go("mod", "tidy", folder=folder)
    return 0


def module_text(release: str, name: str, upstream: str, modules: Mapping[str, str]) -> str:
    """A go.mod before `go mod tidy` fills in what is needed indirectly.

    `upstream`: the go.mod of k8s.io/kubernetes; `modules`: its staging modules and their versions.
    """
    godebug = re.search(r"^godebug .*$", upstream, re.MULTILINE)
    return _TEXT.format(
        release=release,
        name=name,
        godebug=godebug[0] if godebug else "",
        tools="\n".join(f"\tk8s.io/kubernetes/cmd/{program}" for program in _PROGRAMS),
        replacements="\n".join(f"\t{module} => {module} {version}" for module, version in modules.items()),
    )


def staging(upstream: str) -> list[str]:
    """The modules that k8s.io/kubernetes has in its own tree: those that it replaces, and no other."""
    return re.findall(r"^\s*(k8s\.io/\S+) => \./staging/", upstream, re.MULTILINE)


def versions(release: str, published: Sequence[str]) -> list[str]:
    """Which versions of a staging module serve a release `1.34.4`: `v0.34.4`, then those before it, newest first.

    `published`: the versions that the module proxy lists; it may have others, too.
    """
    _, minor, patch = release.split(".")
    found = [re.fullmatch(rf"v0\.{minor}\.(\d+)", version) for version in published]
    patches = {int(match[1]) for match in found if match and int(match[1]) < int(patch)}
    return [f"v0.{minor}.{each}" for each in (int(patch), *sorted(patches, reverse=True))]


def _version(module: str, release: str) -> str:
    """The first that the proxy has; where it has none, the release's: samples are in no program."""
    listed = _go("list", "-e", "-m", "-versions", module, folder=Path("/")).split()[1:]
    wanted = versions(release, listed)
    return next((version for version in wanted if _is_there(f"{module}@{version}")), wanted[0])


def _is_there(module: str) -> bool:
    try:
        _go("mod", "download", module, folder=Path("/"))
    except BuildError:
        return False
    return True


def _upstream(release: str) -> str:
    said = json.loads(_go("mod", "download", "-json", f"k8s.io/kubernetes@v{release}", folder=Path("/")))
    return Path(said["GoMod"]).read_text(encoding="utf-8")


def _go(*arguments: str, folder: Path) -> str:
    """What Go answers; it says on this process's standard error what it does. Raises BuildError."""
    environment = {**go_environment(), "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        [find_go(_GO), *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        message = f"go {' '.join(arguments[:2])} failed with status {done.returncode}"
        raise BuildError(message)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
