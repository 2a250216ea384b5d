"""Builds the documentation as a site with search, from the Markdown of the repository: `make docs`.

The pages link to each other across folders, as GitHub shows them. So the site has the repository's layout: all pages,
and the files that they link to, are collected in one folder, and Zensical builds that. docs/README.md, the list of each
reader, becomes the navigation. Runs in an environment of its own (requirements/docs.txt).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

__all__ = ["INDEX", "ROOT", "collected", "main", "navigation"]

ROOT = Path(__file__).resolve().parent.parent
INDEX = ROOT / "docs" / "README.md"

_PAGES = ("*.md", "docs/**/*.md", "bench/results/*.md", "charts/pharia-access/README.md", "clients/python/README.md")
_REST = (("Decisions", "docs/decisions/"), ("Runbooks", "docs/runbooks/"), ("Measurements", "bench/results/"))
_SETTINGS = ROOT / "tools" / "docs-site.yml"
_WORK = ROOT / ".local" / "docs-site"
_SITE = ROOT / "dist" / "docs"
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")

Navigation = list[tuple[str, list[str]]]


def collected() -> dict[str, Path]:
    """Every page, and every file that a page links to, by its path in the site."""
    pages = {path.relative_to(ROOT).as_posix(): path for pattern in _PAGES for path in ROOT.glob(pattern)}
    linked = (
        (page.parent / target).resolve()
        for page in pages.values()
        for target in _LINK.findall(page.read_text(encoding="utf-8"))
    )
    return pages | {path.relative_to(ROOT).as_posix(): path for path in linked if path.is_file()}


def navigation(pages: set[str]) -> Navigation:
    """The tabs of the site, each with its pages: a reader's list, then what no list names."""
    tabs: Navigation = [("pharia-access", ["README.md", "docs/README.md"])]
    left = pages - {"README.md", "docs/README.md"}
    for section in INDEX.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        named = [_from_root("docs", target) for target in _LINK.findall(text)]
        tabs.append((title, [page for page in dict.fromkeys(named) if page in left]))
        left -= set(named)
    for title, folder in _REST:
        below = sorted(page for page in left if page.startswith(folder))
        tabs.append((title, below))
        left -= set(below)
    return [(title, found) for title, found in [*tabs, ("Further pages", sorted(left))] if found]


def main() -> int:
    """Build the site. Answers the exit status: a page or a link that is missing fails."""
    files = collected()
    shutil.rmtree(_WORK, ignore_errors=True)
    for path, source in files.items():
        copy = _WORK / "pages" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    tabs = navigation({path for path in files if path.endswith(".md")})
    configuration = _WORK / "mkdocs.yml"
    configuration.write_text(_SETTINGS.read_text(encoding="utf-8") + _nav(tabs), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(configuration)]
    if (status := subprocess.run(command, check=False).returncode) == 0:
        shutil.rmtree(_SITE, ignore_errors=True)
        shutil.copytree(_WORK / "site", _SITE)
        print("dist/docs/index.html")
    return status


def _nav(tabs: Navigation) -> str:
    return "nav:\n" + "".join(f"- {title}:\n" + "".join(f"  - {page}\n" for page in pages) for title, pages in tabs)


def _from_root(folder: str, target: str) -> str:
    """A link's target as a path from the repository's root."""
    parts: list[str] = list(PurePosixPath(folder).parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


if __name__ == "__main__":
    sys.exit(main())
