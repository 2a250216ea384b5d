"""Real gateways in front of a service that tells what reached it, set up by the files that people are shown.

Of an example only the addresses are replaced, and what a test says: the gateway's own, the verifier's, the service's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

import yaml

from tools import debian_programs, pypi_programs
from tools.control_plane.processes import free_port
from tools.gateways.examples import Changes, example, flat, written
from tools.gateways.gateway_processes import ACCESS_LOG, SERVICE, VERIFIER, behind, running
from tools.gateways.haproxy import haproxy
from tools.gateways.protected_service import HOST, Gateway, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = [
    "ACCESS_LOG",
    "STARTERS",
    "Changes",
    "Gateway",
    "Passage",
    "Starter",
    "caddy",
    "envoy",
    "envoy_command",
    "haproxy",
    "nginx",
    "running",
    "traefik",
]

_NGINX = """\
daemon off;
pid {root}/nginx.pid;
error_log {root}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
{example}
}}
"""


@contextmanager
def nginx(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
    beside: str = "",
) -> Iterator[Gateway]:
    """Nginx by `examples/gateways/nginx.conf`.

    Args:
        root: a folder for it.
        verifier: host and port.
        changes: texts of the example, and what stands there instead.
        service: host and port of what is protected; None for one that tells what reached it.
        any_host: whatever host a client asks for; by itself nginx and Envoy do not look, Caddy and Traefik do.
        beside: more for the block of http.

    Raises MissingProgramError.
    """
    program = debian_programs.find_program("nginx")
    port = free_port()
    with behind(service) as protected:
        addresses = {
            "listen 8080;": f"listen 127.0.0.1:{port};",
            "/var/log/nginx/reports.log": str(root / ACCESS_LOG),
            f"{VERIFIER}:80": verifier,
            f"{SERVICE}:8080": protected,
        }
        config = example("nginx.conf", changes, addresses)
        file = written(root / "nginx.conf", _NGINX.format(root=root, example=config + beside))
        with running([program, "-p", root, "-c", file, "-e", root / "error.log"], root, port) as gateway:
            yield gateway


@contextmanager
def caddy(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
    program: Path | None = None,
) -> Iterator[Gateway]:
    """Caddy by `examples/gateways/Caddyfile`, as the others; `program`: None for the pinned one."""
    program = program or pypi_programs.find_program("caddy")
    port = free_port()
    with behind(service) as protected:
        addresses = {
            f"http://{HOST}:8080": f"http://{'' if any_host else HOST}:{port}",
            f"{VERIFIER}:80": verifier,
            f"{SERVICE}:8080": protected,
            "/var/log/caddy/reports.log": str(root / ACCESS_LOG),
        }
        config = example("Caddyfile", changes, addresses)
        options = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n"
        file = written(root / "Caddyfile", options + config)
        with running([program, "run", "--config", file, "--adapter", "caddyfile"], root, port) as gateway:
            yield gateway


@contextmanager
def traefik(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
) -> Iterator[Gateway]:
    """Traefik by `examples/gateways/traefik-dynamic.yaml`, as the others."""
    program = pypi_programs.find_program("traefik")
    port = free_port()
    with behind(service) as protected:
        addresses = {f"http://{VERIFIER}/": f"http://{verifier}/", f"{SERVICE}:8080": protected}
        if any_host:
            addresses[f"Host(`{HOST}`)"] = "PathPrefix(`/`)"
        file = written(root / "dynamic.yaml", example("traefik-dynamic.yaml", changes, addresses))
        log = {"/var/log/traefik/access.log": str(root / ACCESS_LOG)}
        static = {
            "entryPoints.web.address": f"127.0.0.1:{port}",
            "providers.file.filename": file,
            "global.checkNewVersion": "false",
            **dict(flat(yaml.safe_load(example("traefik-access-log.yaml", {}, log)))),
        }
        argv: list[str | Path] = [program, *(f"--{name}={value}" for name, value in static.items())]
        with running(argv, root, port) as gateway:
            yield gateway


@contextmanager
def envoy(
    root: Path,
    verifier: str,
    changes: Changes = MappingProxyType({}),
    *,
    service: str | None = None,
    any_host: bool = False,
) -> Iterator[Gateway]:
    """Envoy by `examples/gateways/envoy.yaml`, as the others."""
    port = free_port()
    host, verifier_port = verifier.split(":")
    with behind(service) as protected:
        service_host, service_port = protected.split(":")
        addresses = {
            "address: 0.0.0.0, port_value: 8080": f"address: 127.0.0.1, port_value: {port}",
            "path: /dev/stdout": f"path: {root / ACCESS_LOG}",
            f"address: {VERIFIER}": f"address: {host}",
            "port_value: 80\n": f"port_value: {verifier_port}\n",
            f"address: {SERVICE}, port_value: 8080": f"address: {service_host}, port_value: {service_port}",
        }
        with running(envoy_command(root, example("envoy.yaml", changes, addresses)), root, port) as gateway:
            yield gateway


def envoy_command(root: Path, config: str) -> list[str | Path]:
    """How Envoy is started with a configuration, which is written down there. Raises MissingProgramError."""
    file = written(root / "envoy.yaml", config)
    program = pypi_programs.find_program("envoy")
    return [program, "-c", file, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]


class Starter(Protocol):
    """Starts a gateway by its example; see `nginx`."""

    def __call__(
        self, root: Path, verifier: str, changes: Changes = ..., *, service: str | None = None, any_host: bool = False
    ) -> AbstractContextManager[Gateway]:
        """Raises MissingProgramError."""
        ...


STARTERS: Final[Mapping[str, Starter]] = {
    "nginx": nginx,
    "caddy": caddy,
    "traefik": traefik,
    "envoy": envoy,
    "haproxy": haproxy,
}
