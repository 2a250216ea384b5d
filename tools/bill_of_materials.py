"""Writes dist/sbom.cdx.json, what the image holds: `python -m tools.bill_of_materials [--image-packages FOLDER]`.

One CycloneDX document for both sources. Python's packages are those of requirements/runtime.txt. Debian's are those
that the Dockerfile names; their versions are read from the image's /var/lib/dpkg/status.d, copied into FOLDER, or asked
of apt on a machine that runs the image's Debian.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tools.program_output import output_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BillError", "combined", "debian_names", "main", "parse_control", "write"]

Json = dict[str, Any]

_ROOT: Final = Path(__file__).resolve().parent.parent
_RELEASE: Final = ("12", "bookworm")
_WANTED: Final = re.compile(r"apt-get download (?P<names>[^&]+)&&")
_SECONDS: Final = 120


class BillError(RuntimeError):
    """The bill cannot be written; the text says why."""


def main(arguments: list[str]) -> int:
    """Write it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.bill_of_materials", description=__doc__)
    parser.add_argument("--image-packages", type=Path, metavar="FOLDER", help="the image's /var/lib/dpkg/status.d")
    asked = parser.parse_args(arguments)
    try:
        print(write(_ROOT / "dist", asked.image_packages))
    except BillError as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    return 0


def write(folder: Path, image_packages: Path | None = None) -> Path:
    """Write it into a folder; its path. Raises BillError."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = _of_image(image_packages) if image_packages else _of_apt()
    bill = combined(_of_lock(), packages)
    path = folder / "sbom.cdx.json"
    path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def debian_names() -> tuple[str, ...]:
    """The packages that the Dockerfile takes from Debian."""
    found = _WANTED.search((_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " "))
    return tuple(found["names"].split()) if found else ()


def combined(bill: Json, packages: Iterable[Mapping[str, str]]) -> Json:
    """The bill of the lock with Debian's packages in it; each is what the image is made of."""
    components = [_component(package) for package in packages]
    missing = set(debian_names()) - {component["name"] for component in components}
    if missing:
        message = f"no version is known of Debian's {', '.join(sorted(missing))}"
        raise BillError(message)
    root = bill["metadata"]["component"]["bom-ref"]
    own = [*_depends_on(bill, root), *(component["bom-ref"] for component in components)]
    others = [each for each in bill.get("dependencies", []) if each["ref"] != root]
    alone = [{"ref": component["bom-ref"]} for component in components]
    dependencies = [{"ref": root, "dependsOn": own}, *others, *alone]
    return {**bill, "components": [*bill["components"], *components], "dependencies": dependencies}


def parse_control(text: str) -> list[dict[str, str]]:
    """The paragraphs of Debian's control files: their fields of one line each."""
    paragraphs = [dict(re.findall(r"^([\w-]+): (.*)$", part, re.MULTILINE)) for part in text.split("\n\n")]
    return [paragraph for paragraph in paragraphs if "Package" in paragraph]


def _component(package: Mapping[str, str]) -> Json:
    name, version, architecture = package["Package"], package["Version"], package["Architecture"]
    hashes = [{"alg": "SHA-256", "content": package["SHA256"]}] if "SHA256" in package else []
    return {
        "type": "library",
        "bom-ref": f"deb:{name}",
        "name": name,
        "version": version,
        "purl": f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}&distro=debian-{_RELEASE[0]}",
        **({"hashes": hashes} if hashes else {}),
    }


def _depends_on(bill: Json, ref: str) -> list[str]:
    return [other for each in bill.get("dependencies", []) if each["ref"] == ref for other in each.get("dependsOn", [])]


def _of_image(folder: Path) -> list[dict[str, str]]:
    return [package for file in sorted(folder.iterdir()) for package in parse_control(file.read_text(encoding="utf-8"))]


def _of_apt() -> list[dict[str, str]]:
    """What apt would install now. Raises BillError on any other system than the image's."""
    system = Path("/etc/os-release")
    if not shutil.which("apt-cache") or f"({_RELEASE[1]})" not in system.read_text(encoding="utf-8"):
        message = (
            f"this machine is no Debian {_RELEASE[0]}, so it does not know the versions in the image."
            " Copy /var/lib/dpkg/status.d out of the image, and name the copy by --image-packages"
        )
        raise BillError(message)
    return parse_control(_output("apt-cache", "show", "--no-all-versions", *debian_names()))


def _of_lock() -> Json:
    tool = _ROOT / ".local" / "lock" / "bin" / "cyclonedx-py"
    lock = ("requirements", str(_ROOT / "requirements" / "runtime.txt"), "--pyproject", str(_ROOT / "pyproject.toml"))
    form = ("--mc-type", "application", "--output-reproducible", "--of", "JSON")
    bill: Json = json.loads(_output(str(tool), *lock, *form))
    return bill


def _output(*argv: str) -> str:
    return output_of(argv, seconds=_SECONDS, error=BillError)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
