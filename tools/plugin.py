"""Builds `kubectl access` as a single file with all it needs but Python: `python -m tools.plugin [--all]`.

Compiled libraries are for one platform. Those of each Python lie beside each other in the file, since their names say
which Python they are for; all else is the same. Makes dist/kubectl-access, a link for completion, and an archive with
the license for each platform: this machine's, or with --all every one that .krew.yaml names.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.program_output import output_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PLATFORMS", "PYTHONS", "archive_name", "main"]

PLATFORMS = {
    "linux_amd64": "x86_64-manylinux_2_28",
    "linux_arm64": "aarch64-manylinux_2_28",
    "darwin_amd64": "x86_64-apple-darwin",
    "darwin_arm64": "aarch64-apple-darwin",
}
"""By krew's names, with uv's."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")

_ROOT = Path(__file__).resolve().parent.parent
_TOOLS = _ROOT / ".local" / "lock" / "bin"
_ENTRY_POINT = "pharia_access.entrypoints.kubectl.single_file:main"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_SECONDS = 300


class PluginError(RuntimeError):
    """It cannot be built; the text says why."""


def main(arguments: list[str]) -> int:
    """Build; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.plugin", description=__doc__)
    parser.add_argument("--all", action="store_true", help="archives for all platforms")
    parser.add_argument("--output", type=Path, default=_ROOT / "dist", help="default: %(default)s")
    asked = parser.parse_args(arguments)
    asked.output.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="pharia-access-plugin-") as folder:
            _build(Path(folder), asked.output, PLATFORMS if asked.all else [_this_platform()])
    except PluginError as error:
        print(f"plugin: {error}", file=sys.stderr)
        return 1
    return 0


def archive_name(name: str) -> str:
    """What a platform's archive is called."""
    return f"kubectl-access_{name}.tar.gz"


def _this_platform() -> str:
    machine = platform.machine()
    name = f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
    if name not in PLATFORMS:
        message = f"{name} is none of {', '.join(PLATFORMS)}; pipx install 'pharia-access[kubectl]' works everywhere"
        raise PluginError(message)
    return name


def _build(folder: Path, output: Path, names: Iterable[str]) -> None:
    wheel = _wheel(folder)
    for name in names:
        library = folder / name
        for version in PYTHONS:
            _gather(library, PLATFORMS[name], version)
        _install(library, "--no-deps", str(wheel))
        _leave_out(library)
        plugin = folder / f"kubectl-access_{name}"
        _zip(library, plugin)
        _archive(plugin, output / archive_name(name))
        print(output / archive_name(name))
        if name == _this_platform():
            _put(plugin, output)


def _wheel(folder: Path) -> Path:
    """The package itself, built by what .venv has."""
    made = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(_ROOT)]
    _run(sys.executable, "-m", "pip", *made)
    return next(folder.glob("*.whl"))


def _gather(library: Path, platform_name: str, version: str) -> None:
    """Lay what one Python needs over what is there."""
    target = library.with_name(f"{library.name}-{version}")
    choice = ["--python-platform", platform_name, "--python-version", version, "--only-binary", ":all:"]
    _install(target, *choice, "--no-deps", "--require-hashes", "-r", str(_ROOT / "requirements" / "plugin.txt"))
    shutil.copytree(target, library, dirs_exist_ok=True, copy_function=_link)


def _leave_out(library: Path) -> None:
    """Scripts for this machine, and the compiled half of PyYAML: 3 MB, and the half in Python does the same."""
    shutil.rmtree(library / "bin", ignore_errors=True)
    for compiled in (library / "yaml").glob("_yaml.*.so"):
        compiled.unlink()


def _link(source: str, target: str) -> None:
    if not Path(target).exists():
        Path(target).hardlink_to(source)


def _install(target: Path, *what: str) -> None:
    _run(str(_TOOLS / "uv"), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target), *what)


def _zip(library: Path, file: Path) -> None:
    """The same file whenever it is built from the same."""
    options = ["--entry-point", _ENTRY_POINT, "--python", "/usr/bin/env python3", "--reproducible"]
    _run(str(_TOOLS / "shiv"), "--site-packages", str(library), *options, "--output-file", str(file))


def _archive(plugin: Path, archive: Path) -> None:
    """What krew downloads: regular files only, since it unpacks no links."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(plugin, "kubectl-access")
        tar.add(_ROOT / "LICENSE", "LICENSE")


def _put(plugin: Path, output: Path) -> None:
    """The file, and the name by which kubectl asks it for completion."""
    shutil.copy(plugin, output / "kubectl-access")
    link = output / "kubectl_complete-access"
    link.unlink(missing_ok=True)
    link.symlink_to("kubectl-access")
    print(output / "kubectl-access")


def _run(*argv: str) -> None:
    output_of(argv, seconds=_SECONDS, error=PluginError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
