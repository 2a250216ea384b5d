"""How many requests the API server answers, by verb, as its own metrics tell; and those of one account, by its log."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from bench.client import Channel, Server

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["by_account", "by_verb", "since"]

_TOTAL = re.compile(rb'^apiserver_request_total\{.*?verb="([A-Z]+)".*?\} ([0-9.e+]+)$', re.MULTILINE)


async def by_verb(server: Server) -> Counter[str]:
    """All requests so far."""
    channel = await Channel.open(server)
    text = await channel.send("GET", "/metrics")
    channel.close()
    counts: Counter[str] = Counter()
    for verb, count in _TOTAL.findall(text):
        counts[verb.decode()] += round(float(count))
    return counts


async def since(server: Server, before: Counter[str]) -> Counter[str]:
    """Those after an earlier answer."""
    return await by_verb(server) - before


def by_account(control_plane: ControlPlane, account: str, *, start: int) -> Counter[str]:
    """An account's requests by verb and resource, without those for its Lease; `start`: where in the audit log."""
    user = f'"username":{json.dumps(account)}'
    counts: Counter[str] = Counter()
    for event in control_plane.audit_events(user, since=start):
        about = event.get("objectRef")
        resource = about.get("resource") if isinstance(about, dict) else None
        if resource != "leases":
            counts[f"{event['verb']} {resource}"] += 1
    return counts
