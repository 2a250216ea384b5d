"""Clients of introspection that are services themselves: Spring, openid-client, Django, a Go program."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import venv
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from tools.go_toolchain import find_go, go_environment
from tools.introspection.configurations import FOLDER, Place, built_once, run
from tools.introspection.launches import Client, Launch
from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SERVICES"]

_GO = (1, 26)
_DJANGO_CACHE = {
    "    # Else an answer is kept for ten hours. With 0 no token passes.\n"
    '    "RESOURCE_SERVER_TOKEN_CACHING_SECONDS": 1,\n': "",
    '    # Else the database holds each token in clear.\n    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,\n': "",
}
_REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "introspection-clients.txt"


def _needed(program: str, package: str) -> str:
    """Where a program is. Raises MissingProgramError."""
    found = shutil.which(program)
    if found is None:
        message = f"there is no {program} on PATH: install {package}"
        raise MissingProgramError(message)
    return found


def _spring_jar() -> Path:
    maven = _needed("mvn", "Maven and a JDK of version 17 or newer (Debian: maven, openjdk-17-jdk-headless)")
    return built_once("spring", lambda folder: run([maven, "-B", "-q", "package"], folder)) / "target" / "reports.jar"


def _spring(place: Place) -> Launch:
    folder = place.copied("spring", {"server.port=8080": f"server.port={place.port}\nserver.address=127.0.0.1"})
    trust = folder / "trust.p12"
    keytool = _needed("keytool", "a JDK")
    store = ("-keystore", trust, "-storepass", "changeit", "-storetype", "PKCS12")
    run([keytool, "-importcert", "-noprompt", "-alias", "verifier", "-file", place.ca_file, *store], folder)
    properties = folder / "src" / "main" / "resources" / "application.properties"
    waits = "-Dsun.net.client.defaultConnectTimeout=5000 -Dsun.net.client.defaultReadTimeout=5000"
    options = f"{waits} -Djavax.net.ssl.trustStore={trust} -Djavax.net.ssl.trustStorePassword=changeit"
    argv = [_needed("java", "a JDK"), "-jar", str(_spring_jar()), f"--spring.config.location=file:{properties}"]
    return Launch(argv, {"INTROSPECTOR_TOKEN": place.secret, "JAVA_TOOL_OPTIONS": options})


def _spring_versions() -> str:
    with zipfile.ZipFile(_spring_jar()) as jar:
        names = " ".join(jar.namelist())
    return ", ".join(
        f"{title} {re.findall(rf'/{name}-([0-9.]+)[.]jar', names)[0]}"
        for title, name in (("Spring Boot", "spring-boot"), ("Spring Security", "spring-security-core"))
    )


def _node_modules(client: str) -> Path:
    npm = _needed("npm", "Node.js 20 or newer")
    return built_once(client, lambda folder: run([npm, "ci", "--no-audit", "--no-fund"], folder)) / "node_modules"


def _openid_client(client: str) -> Client:
    def launch(place: Place) -> Launch:
        folder = place.copied(client, {".listen(8080)": f'.listen({place.port}, "127.0.0.1")'})
        (folder / "node_modules").symlink_to(_node_modules(client))
        env = {"INTROSPECTOR_TOKEN": place.secret, "NODE_EXTRA_CA_CERTS": str(place.ca_file)}
        return Launch([_needed("node", "Node.js 20 or newer"), folder / "server.mjs"], env)

    def versions() -> str:
        packages = _node_modules(client)
        found = json.loads((packages / "openid-client" / "package.json").read_text(encoding="utf-8"))["version"]
        return f"openid-client {found}"

    major = {"openid-client": "6", "openid-client-5": "5"}[client]
    return Client(f"openid-client {major}", client, launch, versions)


def _django_python() -> Path:
    def install(folder: Path) -> None:
        venv.create(folder / "venv", with_pip=True)
        pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        run([*pip, "-r", str(_REQUIREMENTS)], folder)

    return built_once("django", install, beside=[_REQUIREMENTS]) / "venv" / "bin" / "python"


def _django(place: Place) -> Launch:
    folder = place.copied("django", {})
    python = _django_python()
    env = {
        "INTROSPECTOR_TOKEN": place.secret,
        "REQUESTS_CA_BUNDLE": str(place.ca_file),
        "DJANGO_SETTINGS_MODULE": "settings",
        "DJANGO_SECRET_KEY": secrets.token_hex(32),
        "DJANGO_DATABASE": str(folder / "database.sqlite3"),
        "PYTHONPATH": str(folder),
    }
    run([python, "-m", "django", "migrate", "--verbosity", "0"], folder, env)
    serve = ["-m", "gunicorn", "--bind", f"127.0.0.1:{place.port}", "--workers", "2", "--timeout", "10"]
    return Launch([python, *serve, "django.core.wsgi:get_wsgi_application()"], env)


def _django_versions() -> str:
    site = _django_python().parents[1].glob("lib/python*/site-packages")
    found = {each.name.lower(): each.version for each in distributions(path=[str(path) for path in site])}
    return f"django-oauth-toolkit {found['django-oauth-toolkit']}, Django {found['django']}"


def _go(place: Place) -> Launch:
    folder = place.copied("go", {'":8080"': f'"127.0.0.1:{place.port}"'})
    run([find_go(_GO), "build", "-o", "reports", "."], folder, go_environment())
    return Launch([folder / "reports"], {"INTROSPECTOR_TOKEN": place.secret, "SSL_CERT_FILE": str(place.ca_file)})


def _go_versions() -> str:
    (found,) = re.findall(r"zitadel/oidc/v3 (v\S+)$", (FOLDER / "go" / "go.mod").read_text("utf-8"), re.MULTILINE)
    return f"zitadel/oidc {found}"


SERVICES: Sequence[Client] = (
    Client("Spring Security", "spring", _spring, _spring_versions),
    _openid_client("openid-client"),
    _openid_client("openid-client-5"),
    Client("Django", "django", _django, _django_versions, keeping="its default, ten hours", cache=_DJANGO_CACHE),
    Client("Go", "go", _go, _go_versions),
)
