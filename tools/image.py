"""Builds the project's image without Docker and without a registry, for `make e2e`: `build_image` makes an archive.

The Dockerfile is the project's own. Its base, which people pull, is made here: Debian's smallest system by debootstrap,
with the certificate authorities of this machine, so that the build reaches whatever pip reaches here. Both are kept in
the cache. `python -m tools.image` is what runs in a mount namespace of its own, where buildah is in /usr.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path

from tools.network_namespace import lay_over_usr
from tools.program_output import output_of

__all__ = ["IMAGE", "PAUSE", "ImageError", "build_images"]

IMAGE = "localhost/pharia-access:e2e"
PAUSE = "localhost/pause:1"
"""What holds the namespaces of a pod together."""

_ROOT = Path(__file__).resolve().parent.parent
_BASE = "localhost/pharia-access-base:bookworm-1"
_INCLUDE = "--include=ca-certificates,python3-venv"
_AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'
_SECONDS = 1200
_PAUSE = 'FROM scratch\nCOPY busybox /busybox\nENTRYPOINT ["/busybox", "sleep", "infinity"]\n'


class ImageError(RuntimeError):
    """An image could not be built; the message says which step failed, and with what."""


def build_images(archives: Path, *, over_usr: Path) -> None:
    """Build the image, and the one that pods need, into archives in a folder. Raises ImageError."""
    began = time.monotonic()
    inside = [sys.executable, "-m", "tools.image", str(archives), str(over_usr)]
    done = subprocess.run(["unshare", "--mount", "--", *inside], check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        message = "the image could not be built; what failed is told above"
        raise ImageError(message)
    print(f"e2e: built {IMAGE} in {time.monotonic() - began:.0f} s", flush=True)


def _build(archives: Path) -> None:
    store = _cache()
    store.mkdir(parents=True, exist_ok=True)
    (store / "policy.json").write_text(_POLICY, encoding="utf-8")
    (store / "empty.conf").touch()
    if not _buildah("images", "--quiet", "--filter", f"reference={_BASE}").strip():
        _make_base(store / "base")
    pause = store / "pause"
    pause.mkdir(exist_ok=True)
    shutil.copy("/usr/bin/busybox", pause / "busybox")
    (pause / "Dockerfile").write_text(_PAUSE, encoding="utf-8")
    build = ("bud", *_signatures(), "--layers", "--isolation=chroot")
    _buildah(*build, "--tag", PAUSE, str(pause))
    _buildah(*build, "--tag", IMAGE, f"--build-arg=BASE={_BASE}", str(_ROOT))
    for name, image in (("image", IMAGE), ("pause", PAUSE)):
        _buildah("push", *_signatures(), image, f"oci-archive:{archives / name}.tar:{image}")


def _make_base(folder: Path) -> None:
    print("e2e: making a Debian to build from; the first time takes a minute or two", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    debootstrap = ("debootstrap", "--variant=minbase", _INCLUDE, "bookworm", str(folder))
    output_of(debootstrap, seconds=_SECONDS, error=ImageError)
    ours = ssl.get_default_verify_paths()
    authorities = os.environ.get("SSL_CERT_FILE") or ours.cafile  # noqa: TID251 - a script of its own
    if authorities:
        shutil.copy(authorities, folder / _AUTHORITIES)
    recipe = folder.parent / "base.Dockerfile"
    recipe.write_text("FROM scratch\nCOPY . /\n", encoding="utf-8")
    _buildah("bud", *_signatures(), "--file", str(recipe), "--tag", _BASE, str(folder))
    shutil.rmtree(folder)


def _signatures() -> tuple[str, str]:
    return "--signature-policy", str(_cache() / "policy.json")


def _buildah(*arguments: str) -> str:
    """Run buildah with its store in the cache."""
    cache = _cache()
    places = (f"--root={cache / 'store'}", "--runroot=/run/pharia-access-buildah", "--storage-driver=overlay")
    command = ("buildah", *places, f"--registries-conf={cache / 'empty.conf'}", *arguments)
    return output_of(command, seconds=_SECONDS, error=ImageError)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # noqa: TID251 - a script of its own
    return Path(home) / "pharia-access" / "image"


def _main() -> int:
    archives, over_usr = sys.argv[1:]
    lay_over_usr(Path(over_usr))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True, timeout=30)
    try:
        _build(Path(archives))
    except ImageError as error:
        print(f"e2e: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
