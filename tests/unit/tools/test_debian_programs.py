"""Programs of other projects: found on PATH, or unpacked from Debian's packages."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tools import debian_programs
from tools.debian_programs import MissingProgramError, find_program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH but for the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tools.debian_programs.shutil.which", lambda name, **_: _which(folder, name))
    return folder


def _which(folder: Path, name: str) -> str | None:
    return str(folder / name) if (folder / name).exists() else None


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_one_on_path_is_taken(bin_: Path) -> None:
    script(bin_ / "wrk", "echo")

    assert find_program("wrk") == bin_ / "wrk"


def test_without_apt_it_says_what_to_install(bin_: Path) -> None:
    with pytest.raises(MissingProgramError, match="install caddy"):
        find_program("caddy")


def test_packages_are_unpacked_once_and_run_with_their_libraries(bin_: Path) -> None:
    script(bin_ / "apt-get", f"echo asked >>{bin_}/asked; touch caddy.deb")
    script(bin_ / "dpkg", 'mkdir -p "$3/usr/bin" "$3/usr/lib/x-linux-gnu"; cp /bin/true "$3/usr/bin/caddy"')

    first, second = find_program("caddy"), find_program("caddy")

    assert first == second
    assert subprocess.run([first], check=False).returncode == 0
    assert "x-linux-gnu" in first.read_text()
    assert (bin_ / "asked").read_text() == "asked\n"


def test_they_are_fetched_anew_where_others_are_needed(bin_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(bin_ / "apt-get", f"shift; echo $* >>{bin_}/asked; touch caddy.deb")
    script(bin_ / "dpkg", 'mkdir -p "$3/usr/bin"; cp /bin/true "$3/usr/bin/caddy"')
    find_program("caddy")

    monkeypatch.setitem(debian_programs._PACKAGES, "caddy", ("caddy", "libnss3"))

    find_program("caddy")
    assert (bin_ / "asked").read_text() == "caddy\ncaddy libnss3\n"


def test_a_machine_without_lists_of_packages_gets_its_own(bin_: Path) -> None:
    script(bin_ / "apt-get", 'case "$*" in *lists*) touch caddy.deb;; *) exit 1;; esac')
    script(bin_ / "dpkg", 'mkdir -p "$3/usr/bin"; cp /bin/true "$3/usr/bin/caddy"')

    assert find_program("caddy").exists()


def test_a_browser_is_the_binary_itself_and_has_the_fonts_of_its_packages_alone(bin_: Path) -> None:
    script(bin_ / "apt-get", "touch chromium.deb")
    script(
        bin_ / "dpkg",
        'cd "$3" 2>/dev/null || { mkdir -p "$3"; cd "$3"; }; mkdir -p usr/bin usr/lib/chromium usr/share/fonts\n'
        "cp /bin/false usr/bin/chromium; cp /bin/true usr/lib/chromium/chromium",
    )

    launcher = find_program("chromium")

    assert subprocess.run([launcher], check=False).returncode == 0
    fonts = launcher.parent / "fonts.conf"
    assert str(fonts) in launcher.read_text()
    assert f"<dir>{launcher.parent}/root/usr/share/fonts</dir>" in fonts.read_text()


@pytest.mark.parametrize(
    ("apt", "dpkg", "why"),
    [("exit 1", "exit 0", "could not be fetched"), ("touch caddy.deb", "exit 0", "hold no program")],
)
def test_what_cannot_be_had_is_told(bin_: Path, apt: str, dpkg: str, why: str) -> None:
    script(bin_ / "apt-get", apt)
    script(bin_ / "dpkg", dpkg)

    with pytest.raises(MissingProgramError, match=why):
        find_program("caddy")


def test_every_program_that_is_looked_for_has_its_packages() -> None:
    assert set(debian_programs._PACKAGES) == {
        *("nginx", "caddy", "haproxy", "wrk", "prometheus", "promtool", "jq", "apache2", "redis-server", "node"),
        "chromium",
    }
