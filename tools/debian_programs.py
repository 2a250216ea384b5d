"""Finds programs of other projects that tests and benchmarks run: nginx, wrk, promtool, Chromium, a node's and more.

One on PATH is taken as it is. Else, where apt is there, Debian's packages are fetched and unpacked into the cache;
nothing is installed and nobody need be root. Standard library only.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.program_cache import MissingProgramError, cache_folder, locked

__all__ = ["MissingProgramError", "debian_program", "find_program", "unpacked"]

_PACKAGES = {
    "nginx": ("nginx", "nginx-common", "libpcre2-8-0", "libssl3", "zlib1g", "libcrypt1"),
    "caddy": ("caddy",),
    "haproxy": ("haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1", "libpcre2-8-0", "libssl3"),
    "wrk": ("wrk", "libluajit-5.1-2", "libluajit-5.1-common", "libssl3"),
    "prometheus": ("prometheus",),
    "promtool": ("prometheus",),
    "jq": ("jq", "libjq1", "libonig5"),
    # With the modules that ask about a token by introspection.
    "apache2": (
        *("apache2-bin", "libapr1", "libaprutil1", "liblua5.3-0", "libapache2-mod-auth-openidc", "libcjose0"),
        *("libhiredis0.14", "libapache2-mod-oauth2", "libhashkit2", "libmemcached11", "liboauth2-0"),
        *("liboauth2-apache0", "libjansson4", "libcurl4", "libnghttp2-14", "librtmp1", "libssh2-1", "libpsl5"),
        *("libldap-2.5-0", "libsasl2-2", "libbrotli1", "libssl3", "libpcre2-8-0", "zlib1g", "libexpat1"),
    ),
    "redis-server": ("redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1"),
    # A browser without a screen: what it is linked with, which Debian's smallest installation has not, and fonts.
    "chromium": (
        *("chromium", "chromium-common", "fontconfig-config", "fonts-liberation", "xkb-data"),
        *("libasound2", "libatk-bridge2.0-0", "libatk1.0-0", "libatspi2.0-0", "libavahi-client3", "libavahi-common3"),
        *("libasyncns0", "libbrotli1", "libbsd0", "libcairo2", "libcom-err2", "libcups2", "libdatrie1", "libdav1d6"),
        *("libdbus-1-3", "libdouble-conversion3", "libdrm2", "libexpat1", "libffi8", "libflac12", "libfontconfig1"),
        *("libfreetype6", "libfribidi0", "libgbm1", "libglib2.0-0", "libgmp10", "libgnutls30", "libgraphite2-3"),
        *("libgssapi-krb5-2", "libharfbuzz-subset0", "libharfbuzz0b", "libhogweed6", "libidn2-0", "libjpeg62-turbo"),
        *("libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0", "liblcms2-2", "libmd0", "libminizip1"),
        *("libmp3lame0", "libmpg123-0", "libnettle8", "libnspr4", "libnss3", "libogg0", "libopenh264-7"),
        *("libopenjp2-7", "libopus0", "libp11-kit0", "libpango-1.0-0", "libpixman-1-0", "libpng16-16", "libpulse0"),
        *("libsndfile1", "libsqlite3-0", "libtasn1-6", "libthai0", "libunistring2", "libvorbis0a", "libvorbisenc2"),
        *("libwayland-server0", "libx11-6", "libx11-xcb1", "libxau6", "libxcb-randr0", "libxcb-render0"),
        *("libxcb-shm0", "libxcb1", "libxcomposite1", "libxdamage1", "libxdmcp6", "libxext6", "libxfixes3", "libxi6"),
        *("libxkbcommon0", "libxnvctrl0", "libxrandr2", "libxrender1"),
    ),
    # Real pods: images are built, containers run, Services lead to them.
    "node": (
        *("buildah", "golang-github-containers-common", "golang-github-containers-image", "debootstrap"),
        *("libgpgme11", "libassuan0", "libgpg-error0", "libdevmapper1.02.1"),
        *("containerd", "runc", "libseccomp2", "containernetworking-plugins", "busybox-static"),
        *("ipset", "libipset13"),
        *("iptables", "libip4tc2", "libip6tc2", "libxtables12", "libmnl0", "libnftnl11"),
        *("libnetfilter-conntrack3", "libnfnetlink0", "conntrack"),
    ),
}
# What these packages leave to Debian's system of alternatives.
_ALTERNATIVES = {f"iptables{part}": f"iptables-nft{part}" for part in ("", "-save", "-restore")}
_FOLDERS = ("usr/lib/chromium", "usr/sbin", "usr/bin")  # /usr/bin/chromium is a script about settings of a desktop
_LIBRARIES = ("usr/lib/*-linux-gnu", "usr/lib/*-linux-gnu/pulseaudio", "lib/*-linux-gnu")
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{folder}/fonts</cachedir>
  <alias><family>monospace</family><prefer><family>Liberation Mono</family></prefer></alias>
  <match><edit name="family" mode="append"><string>Liberation Sans</string></edit></match>
</fontconfig>
"""
_SECONDS = 300


def find_program(name: str) -> Path:
    """Where the program is. Raises MissingProgramError."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return Path(found)
    return debian_program(name)


def debian_program(name: str) -> Path:
    """Debian's, whatever is on PATH. Raises MissingProgramError."""
    return _launcher(name, unpacked(name))


def unpacked(name: str) -> Path:
    """The folder whose `root` holds what is in the packages of `name`. Raises MissingProgramError."""
    cache = cache_folder("debian")
    folder = cache / name
    with locked(cache):
        if not _holds(folder, name):
            _fetch(name, folder)
    return folder


def _fetch(name: str, folder: Path) -> None:
    """Unpack the packages into a folder; it is complete once it says so."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        message = f"there is no {name} on PATH, and no apt to fetch it with: install {name}"
        raise MissingProgramError(message)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "debs").mkdir(parents=True)
    if not _download(name, folder, lists=None):
        # A machine that never asked for the lists of packages, as in a fresh container: ours go into the cache.
        lists = folder / "lists"
        (lists / "partial").mkdir(parents=True)
        _run(["apt-get", f"-oDir::State::lists={lists}", "update"], folder)
        if not _download(name, folder, lists=lists):
            message = f"Debian's packages of {name} could not be fetched: install {name}"
            raise MissingProgramError(message)
    for package in (folder / "debs").glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(folder / "root")], folder)
    _settle(folder / "root")
    (folder / "complete").write_text(" ".join(_PACKAGES[name]))


def _holds(folder: Path, name: str) -> bool:
    """Whether all of the packages are there, as they are listed now."""
    complete = folder / "complete"
    return complete.exists() and complete.read_text() == " ".join(_PACKAGES[name])


def _settle(root: Path) -> None:
    """Do what the packages' scripts would: all of it is in /usr, as on every Debian since bookworm; alternatives."""
    for name in ("bin", "lib", "sbin"):
        if (root / name).is_dir():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
    for name, chosen in _ALTERNATIVES.items():
        if (root / "usr" / "sbin" / chosen).exists():
            (root / "usr" / "sbin" / name).symlink_to(chosen)


def _download(name: str, folder: Path, *, lists: Path | None) -> bool:
    options = [] if lists is None else [f"-oDir::State::lists={lists}"]
    return _run(["apt-get", *options, "download", *_PACKAGES[name]], folder / "debs")


def _run(argv: list[str], folder: Path) -> bool:
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_SECONDS
    )
    return done.returncode == 0


def _launcher(name: str, folder: Path) -> Path:
    """A script that runs the program with the libraries that came with it."""
    root = folder / "root"
    program = next((root / part / name for part in _FOLDERS if (root / part / name).exists()), None)
    if program is None:
        message = f"Debian's packages of {name} hold no program of that name: install {name}"
        raise MissingProgramError(message)
    libraries = ":".join(str(path) for pattern in _LIBRARIES for path in root.glob(pattern))
    script = folder / name
    script.write_text(f'#!/bin/sh\n{_fonts(folder)}LD_LIBRARY_PATH="{libraries}" exec "{program}" "$@"\n')
    script.chmod(0o755)
    return script


def _fonts(folder: Path) -> str:
    """The line of a launcher that leads to the fonts of the packages, and to no others: empty where there are none."""
    root = folder / "root"
    if not (root / "usr" / "share" / "fonts").is_dir():
        return ""
    (folder / "fonts.conf").write_text(_FONTS.format(root=root, folder=folder))
    return f'export FONTCONFIG_FILE="{folder}/fonts.conf"\n'
