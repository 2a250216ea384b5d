"""The tests of admission and kinds, on the oldest Kubernetes: `python -m tools.oldest [--if-built] [OPTION]...`.

Admission policies and kinds are what an older API server may take otherwise. `--if-built`: where its programs are not
built yet, says so in one line, and is no failure. The options are pytest's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.build_control_plane import ensure_binaries
from tools.control_plane_programs import OF_A_VERSION, module
from tools.go_toolchain import BuildError
from tools.kubernetes_versions import OLDEST

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_FILES = ("test_admission*.py", "test_crds*.py")
_SECONDS = 1800


def main(arguments: list[str]) -> int:
    """Run them, or say why not; answer the exit status."""
    options = [argument for argument in arguments if argument != "--if-built"]
    if options != arguments and not _is_built():
        print(
            f"oldest: skipped, since Kubernetes {OLDEST} is not built here and there is no time to build it;"
            f" `make control-plane KUBERNETES={OLDEST}` does so."
        )
        return 0
    os.environ["KUBERNETES"] = OLDEST  # noqa: TID251 - for the tests that are started here
    try:
        ensure_binaries()
    except BuildError as error:
        print(f"oldest: {error}", file=sys.stderr)
        return 1
    return _run(options)


def _is_built() -> bool:
    return all((module(OLDEST).binaries / name).is_file() for name in OF_A_VERSION)


def _run(options: list[str]) -> int:
    folder = _ROOT / "tests" / "integration"
    files = [str(path.relative_to(_ROOT)) for pattern in _FILES for path in sorted(folder.glob(pattern))]
    argv = [sys.executable, "-m", "pytest", *files, "--dist", "loadfile", *options]
    return subprocess.run(argv, cwd=_ROOT, check=False, timeout=_SECONDS).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
