"""What the gateways' pages say beside the whole examples, put where they say that it goes."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODEL", "OPEN", "PREFLIGHT", "TOKENS", "WEBSOCKETS", "added"]

WEBSOCKETS: Final = "Websockets"
OPEN: Final = "Without a token: preflight and health"
PREFLIGHT: Final = "Without a token: preflight"
TOKENS: Final = "Other headers for the token"
MODEL: Final = "The model of a request"
"""Headings of sections."""

_PAGES: Final = Path(__file__).resolve().parents[3] / "docs" / "how-to"
_BLOCK: Final = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block goes: a text of the example that stands there once, and how far in."""

    text: str
    indent: str
    before: bool = False
    instead: bool = False

    def with_(self, block: str) -> str:
        """The text, and the block where it belongs."""
        if self.instead:
            return block
        return block + self.text if self.before else self.text + block


_PLACES: Final[Mapping[tuple[str, str], tuple[_Place, ...]]] = MappingProxyType(
    {
        ("nginx", WEBSOCKETS): (
            _Place("server {\n    listen 8080;\n", "", before=True),
            _Place("        proxy_set_header Host $host;\n", " " * 8),
        ),
        ("nginx", OPEN): (
            _Place("    location / {\n", " " * 4, before=True),
            _Place("        internal;\n", " " * 8),
        ),
        ("caddy", WEBSOCKETS): (),
        ("caddy", OPEN): (_Place("\t\tforward_auth http", "\t\t", before=True),),
        ("traefik", WEBSOCKETS): (),
        ("traefik", OPEN): (_Place("  routers:\n", " " * 4), _Place("\n  middlewares:\n", " " * 4)),
        ("haproxy", WEBSOCKETS): (),
        ("haproxy", OPEN): (_Place("    http-request lua.pharia_access", "    ", before=True),),
        ("oathkeeper", PREFLIGHT): (_Place("    port: 4455\n", " " * 4),),
        ("envoy", WEBSOCKETS): (
            _Place("                stat_prefix: reports\n", " " * 16),
            _Place("                        - match: {prefix: /}\n", " " * 24, before=True),
        ),
        ("nginx", TOKENS): (
            _Place('        proxy_set_header Authorization "";\n', " " * 8),
            _Place("        proxy_set_header Authorization $http_authorization;\n", " " * 8),
        ),
        ("caddy", TOKENS): (
            _Place("\t\t\theader_up Authorization {header.Authorization}\n", "\t\t\t"),
            _Place("\t\trequest_header -Authorization\n", "\t\t"),
        ),
        ("haproxy", TOKENS): (
            _Place('local TOKENS = {"authorization"}\n', "", instead=True),
            _Place("    http-request del-header authorization\n", " " * 4),
        ),
        ("traefik", TOKENS): (
            _Place("        authRequestHeaders: [Authorization]\n", " " * 8, instead=True),
            _Place('          Authorization: ""\n', " " * 10),
        ),
        ("envoy", TOKENS): (_Place("                      failure_mode_allow: false\n", " " * 22),),
        ("envoy", MODEL): (
            _Place("                http_filters:\n", " " * 18),
            _Place("                      failure_mode_allow: false\n", " " * 22),
            _Place("                        path_override: /auth/envoy/role=studio-user/-\n", " " * 24, instead=True),
        ),
        ("envoy", OPEN): (_Place("                      routes:\n", " " * 24),),
    }
)


def added(gateway: str, *headings: str) -> dict[str, str]:
    """The changes of the gateway's example by these sections of its page, as `gateways` takes them."""
    page = (_PAGES / f"protect-a-service-with-{gateway}.md").read_text(encoding="utf-8")
    changes = {}
    for heading in headings:
        blocks, places = _BLOCK.findall(_section(page, heading)), _PLACES[gateway, heading]
        for block, place in zip(blocks, places, strict=True):
            changes[place.text] = place.with_(textwrap.indent(block, place.indent))
    return changes


def _section(page: str, heading: str) -> str:
    """What stands under the one heading of that name."""
    (found,) = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", page, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found
