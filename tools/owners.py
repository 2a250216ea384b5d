"""Writes what names people and addresses, from tools/owners.toml: `python3 -m tools.owners [--release]`.

`--release` writes nothing. It fails while the file leaves an entry empty, so that no release tells users to write to
nobody. Standard library only: a release asks before there is a virtual environment.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OWNERS", "Maintainer", "Owners", "files", "main", "missing", "parse", "read", "write_all"]

_ROOT = Path(__file__).resolve().parent.parent
OWNERS = _ROOT / "tools" / "owners.toml"
_SECURITY = _ROOT / "SECURITY.md"

_MADE = "Made from tools/owners.toml by `make generate`."
_BEGIN, _END = "<!-- made by tools/owners.py -->\n", "<!-- end -->\n"
_FORMS = {
    "repository": re.compile(r"[\w.-]+/[\w.-]+"),
    "security_contact": re.compile(r"https://\S+|[^@\s]+@[^@\s]+\.[^@\s]+"),
}
_CODE_OWNER = re.compile(r"@[\w-]+(?:/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Maintainer:
    """A person who decides and releases."""

    name: str
    github: str


@dataclass(frozen=True, slots=True)
class Owners:
    """What tools/owners.toml holds. Empty means: not named yet."""

    repository: str
    security_contact: str
    code_owners: tuple[str, ...]
    maintainers: tuple[Maintainer, ...]


def read(path: Path = OWNERS) -> Owners:
    """Read the file. Raises ValueError where an entry has another form."""
    return parse(tomllib.loads(path.read_text(encoding="utf-8")))


def parse(entries: Mapping[str, Any]) -> Owners:
    """Check every entry's form; an empty one passes. Raises ValueError, also for an entry that nobody knows."""
    maintainers = tuple(Maintainer(**each) for each in entries["maintainers"])
    owners = Owners(**{**entries, "code_owners": tuple(entries["code_owners"]), "maintainers": maintainers})
    for name, form in _FORMS.items():
        value = getattr(owners, name)
        if value and not form.fullmatch(value):
            message = f"{OWNERS.name}: {name} is {value!r}; its comment says which form it has"
            raise ValueError(message)
    if wrong := [each for each in owners.code_owners if not _CODE_OWNER.fullmatch(each)]:
        message = f"{OWNERS.name}: code_owners has {', '.join(wrong)}; write @USER or @OWNER/TEAM"
        raise ValueError(message)
    return owners


def missing(owners: Owners) -> list[str]:
    """The entries that are still empty."""
    return [name for name in Owners.__slots__ if not getattr(owners, name)]


def files(owners: Owners) -> dict[Path, str]:
    """Each file that follows, and what it should hold."""
    security = _SECURITY.read_text(encoding="utf-8")
    before, _, rest = security.partition(_BEGIN)
    return {
        _ROOT / ".github" / "CODEOWNERS": _code_owners(owners),
        _ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml": _issue_chooser(owners),
        _ROOT / "MAINTAINERS.md": _maintainers(owners),
        _SECURITY: before + _BEGIN + _reporting(owners) + _END + rest.partition(_END)[2],
    }


def write_all() -> None:
    """Write every file that follows."""
    for path, text in files(read()).items():
        path.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--release` refuse what is empty. Answers the exit status."""
    if "--release" not in arguments:
        write_all()
        return 0
    empty = missing(read())
    if empty:
        print(f"cannot release: tools/owners.toml leaves {', '.join(empty)} empty. Fill in, then run `make generate`.")
    return 1 if empty else 0


def _code_owners(owners: Owners) -> str:
    line = f"* {' '.join(owners.code_owners)}" if owners.code_owners else "# Nobody is named yet."
    return f"# {_MADE}\n{line}\n"


def _issue_chooser(owners: Owners) -> str:
    head = f"# {_MADE}\nblank_issues_enabled: false\n"
    if not owners.repository:
        return head
    url = f"https://github.com/{owners.repository}/security/advisories/new"
    return (
        f"{head}contact_links:\n- name: Report a vulnerability\n  url: {url}\n"
        "  about: Report it privately. Leave real tokens out of the report.\n"
    )


def _maintainers(owners: Owners) -> str:
    people = "".join(
        f"- {each.name} ([@{each.github}](https://github.com/{each.github}))\n" for each in owners.maintainers
    )
    named = people or "Nobody is named yet. A release needs a name here.\n"
    return (
        f"<!-- {_MADE} -->\n\n# Maintainers\n\n{named}\n"
        "Maintainers review changes, decide what a [decision](docs/decisions/README.md) records, and release. Security "
        "reports go\nwhere [SECURITY.md](SECURITY.md) says.\n"
    )


def _reporting(owners: Owners) -> str:
    otherwise = f", or to <{owners.security_contact}>," if owners.security_contact else ","
    return (
        "Report a vulnerability privately to the maintainers, through the repository's private vulnerability reporting"
        f"{otherwise}\nand not in a public issue.\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
