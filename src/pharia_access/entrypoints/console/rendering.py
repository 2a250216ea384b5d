"""Turns pages into HTML: the one module that knows Jinja. Everything is escaped, and nothing can be exempted."""

from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pharia_access.entrypoints.console import addresses, words
from pharia_access.entrypoints.console.manifests import manifest_of, role_of
from pharia_access.entrypoints.console.visits import Page

__all__ = ["STATIC_TYPES", "Asset", "Renderer"]

Asset = tuple[bytes, str]
"""A static file: its bytes, and their type."""

STATIC_TYPES: Final = {
    "console.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_PACKAGE: Final = "pharia_access.entrypoints.console"


class Renderer:
    """Renders pages whose links begin with `base`.

    Attributes:
        assets: static files by their names, which hold a hash: they never change under one name.
    """

    def __init__(self, base: str) -> None:
        self.assets: dict[str, Asset] = {}
        self._base = base
        named = {name: f"{base}/static/{self._kept(name)}" for name in STATIC_TYPES}
        self._environment = Environment(
            loader=PackageLoader(_PACKAGE),
            auto_reload=False,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        del self._environment.filters["safe"]
        self._environment.filters |= {
            "moment": words.moment,
            "iso": words.iso,
            "minute": words.minute,
            "permission": words.permission_words,
            "token_state": words.token_state,
            "secret_state": words.secret_state,
            "credential_state": words.credential_state,
            "workload_state": words.workload_state,
            "manifest": manifest_of,
            "role_of": role_of,
        }
        self._environment.globals |= {"base": base, "assets": named, "to": addresses, "ago": words.ago}
        self._environment.globals |= {"until": words.until, "roughly_ago": words.roughly_ago}
        self._environment.globals["roughly_until"] = words.roughly_until

    def page(self, page: Page, frame: Mapping[str, Any]) -> str:
        """The document; `frame`: what stands around every page."""
        values = {**frame, **page.values, "title": page.title, "command": page.command}
        return self._environment.get_template(f"{page.template}.html").render(values)

    def opening(self, link: str) -> str:
        """The page that leads a browser to that link."""
        return self._environment.get_template("leading.html").render(link=link)

    def _kept(self, name: str) -> str:
        content = resources.files(_PACKAGE).joinpath("static", name).read_bytes()
        stem, _, ending = name.partition(".")
        hashed = f"{stem}.{b32encode(sha256(content).digest()[:10]).decode().lower()}.{ending}"
        self.assets[hashed] = (content, STATIC_TYPES[name])
        return hashed
