"""Clients of introspection that stand before a service: Apache with either module, and Oathkeeper."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.build_oathkeeper import ensure_oathkeeper, oathkeeper_version
from tools.control_plane.processes import free_port
from tools.debian_programs import unpacked
from tools.introspection.launches import Client, Launch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.introspection.configurations import Changes, Place

__all__ = ["PROXIES"]

_APACHE = """\
ServerRoot "{root}"
PidFile "{root}/apache.pid"
DefaultRuntimeDir "{root}"
Mutex file:{root}
ErrorLog "{root}/error.log"
LogLevel warn
Listen 127.0.0.1:{port}
LoadModule mpm_event_module "{modules}/mod_mpm_event.so"
LoadModule authn_core_module "{modules}/mod_authn_core.so"
LoadModule authz_core_module "{modules}/mod_authz_core.so"
LoadModule authz_user_module "{modules}/mod_authz_user.so"
LoadModule headers_module "{modules}/mod_headers.so"
LoadModule proxy_module "{modules}/mod_proxy.so"
LoadModule proxy_http_module "{modules}/mod_proxy_http.so"
LoadModule {module} "{modules}/{file}"
Include "{config}"
"""


def _apache(
    folder: str, *, module: str, file: str, keeping: str, cache: Changes, here: Changes = MappingProxyType({})
) -> Client:
    def launch(place: Place) -> Launch:
        own = place.copied(folder, {"*:8080": f"127.0.0.1:{place.port}", **here})
        root = unpacked("apache2") / "root" / "usr"
        texts = {"root": own, "port": place.port, "modules": root / "lib" / "apache2" / "modules"}
        config = own / "apache2.conf"
        config.write_text(_APACHE.format(**texts, module=module, file=file, config=own / "reports.conf"), "utf-8")
        libraries = ":".join(str(path) for path in root.glob("lib/*-linux-gnu"))
        env = {"INTROSPECTOR_TOKEN": place.secret, "LD_LIBRARY_PATH": libraries}
        return Launch([root / "sbin" / "apache2", "-X", "-f", config], env)

    package = f"libapache2-{file.removesuffix('.so').replace('_', '-')}"
    return Client(
        file.removesuffix(".so"), folder, launch, lambda: _debian_versions(package, "apache2-bin"), keeping, cache
    )


@cache
def _debian_versions(*packages: str) -> str:
    found = []
    for package in packages:
        (deb,) = (unpacked("apache2") / "debs").glob(f"{package}_*.deb")
        said = subprocess.run(
            ["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True, timeout=60
        )
        found.append(f"{package} {said.stdout.strip()}")
    return ", ".join(found)


def _oathkeeper(place: Place) -> Launch:
    rules = f"file://{place.root}/oathkeeper/rules.yaml"
    own = place.copied(
        "oathkeeper",
        {
            "host: 0.0.0.0, port: 4455": f"host: 127.0.0.1, port: {place.port}",
            "port: 4456": f"port: {free_port()}",
            "file:///etc/oathkeeper/rules.yaml": rules,
        },
    )
    header = {"Authorization": f"Bearer {place.secret}"}
    env = {
        "AUTHENTICATORS_OAUTH2_INTROSPECTION_CONFIG_INTROSPECTION_REQUEST_HEADERS": json.dumps(header),
        "SSL_CERT_FILE": str(place.ca_file),
    }
    return Launch([ensure_oathkeeper(), "serve", "--config", own / "oathkeeper.yaml"], env)


def _oathkeeper_by_default(place: Place) -> Launch:
    """When it leaves scopes to the server, and logs more."""
    return _oathkeeper(replace(place, changes={"      scope_strategy: exact\n": "", "log: {level: warn}\n": ""}))


def _oathkeeper_versions() -> str:
    return f"Oathkeeper {oathkeeper_version()}"


_APACHE_CACHE = {"OIDCOAuthTokenIntrospectionInterval -1\n": ""}
_OATHKEEPER_CACHE = {"      scope_strategy: exact\n": "      scope_strategy: exact\n      cache: {enabled: true}\n"}

PROXIES: Sequence[Client] = (
    _apache(
        "apache",
        module="auth_openidc_module",
        file="mod_auth_openidc.so",
        keeping="its default, until `exp`",
        cache=_APACHE_CACHE,
    ),
    _apache(
        "apache-oauth2",
        module="oauth2_module",
        file="mod_oauth2.so",
        keeping="its default",
        cache={"&expiry=0": ""},
        # It knows no store but the system's, which is left alone.
        here={"introspect.auth=": "introspect.ssl_verify=false&introspect.auth="},
    ),
    Client(
        "Oathkeeper",
        "oathkeeper",
        _oathkeeper,
        _oathkeeper_versions,
        keeping="`cache: {enabled: true}` without `ttl`",
        cache=_OATHKEEPER_CACHE,
    ),
    Client("Oathkeeper, its defaults", "oathkeeper", _oathkeeper_by_default, _oathkeeper_versions),
)
