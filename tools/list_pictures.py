"""Writes docs/reference/lists.md: what each list shows at 80 and at 120 columns: `python -m tools.list_pictures`.

A test runs the commands again, and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.control_plane.clients import run_client
from tools.transcript import masked, said, staged

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PAGE", "draw", "main"]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "lists.md"
WIDTHS: Final = (80, 120)

_WIDE: Final = 250

_SECONDS: Final = 60
_INTRODUCTION: Final = """# What each list shows

Each list as its command prints it: those of `kubectl access` at a terminal of 80 and of 120 columns. `kubectl get` does
not look at the width. [Resources](resources.md) explains the words.
"""
_SETUP: Final = (
    "kubectl create namespace finance",
    "kubectl config set-context --current --namespace finance",
    "kubectl apply -f examples/01-roles.yaml",
    "kubectl access credential create invoice-bot --role studio-user --role os-user --display-name 'Invoice bot'",
    "kubectl access credential create reports --role studio-user",
    "kubectl access credential create search-index --role os-user",
    "kubectl access token create invoice-bot --name invoice-bot-ci --expires 90d",
    "kubectl access token create reports --name reports-nightly --expires 7d",
    "kubectl access token create search-index --name search-index-crawler --expires 30d",
    "kubectl access token revoke reports-nightly --reason 'in a public log' --yes",
    "kubectl access credential suspend search-index --yes",
    "kubectl access workload create invoice-bot-app --credential invoice-bot --ttl 30d --renew-before 12h --no-wait",
    "kubectl access workload create reports-app --credential reports --no-wait",
    "kubectl access workload create search-index-app --credential search-index --no-wait",
    "kubectl access workload allow invoice-bot-app",
    "kubectl access workload suspend search-index-app --yes",
    "kubectl wait workloadtoken/invoice-bot-app --for condition=Ready --timeout 60s",
    "kubectl wait workloadtoken/reports-app --for condition=Ready=false --timeout 30s",
    "kubectl wait workloadtoken/search-index-app --for condition=Ready=false --timeout 30s",
    "kubectl wait apitoken/search-index-crawler --for condition=Active=false --timeout 30s",
    "kubectl wait apitoken/reports-nightly --for condition=Active=false --timeout 30s",
    *(
        f"kubectl wait apicredential/{name} --for jsonpath={{.status.tokens.active}}={active} --timeout 30s"
        for name, active in (("invoice-bot", 2), ("reports", 0), ("search-index", 1))
    ),
)
_OF_KUBECTL: Final = (
    "kubectl get apicredentials",
    "kubectl get apicredentials --output wide",
    "kubectl get apitokens",
    "kubectl get workloadtokens",
    "kubectl get workloadtokens --output wide",
    "kubectl get apiroles",
)
_OF_OURS: Final = (
    "kubectl access credential list",
    "kubectl access token list",
    "kubectl access workload list",
    "kubectl access role list",
)


def main() -> int:
    """Draw the page on a control plane of its own, and write it if more differs than what differs each time."""
    with staged() as env:
        drawn = draw(env)
    if not PAGE.exists() or masked(drawn) != masked(PAGE.read_text(encoding="utf-8")):
        PAGE.write_text(drawn, encoding="utf-8")
    return 0


def draw(env: Mapping[str, str]) -> str:
    """The page as it is now. Raises ProcessError where what is listed cannot be made."""
    for command in _SETUP:
        run_client(["/bin/sh", "-c", f"cd; {command}"], env=env, check=True, timeout=_SECONDS)
    ours = (
        _section(command, {f"{columns} columns": _drawn(command, env, columns) for columns in WIDTHS})
        for command in _OF_OURS
    )
    theirs = (_section(command, {"At any width": _drawn(command, env)}) for command in _OF_KUBECTL)
    return "\n".join([_INTRODUCTION, *ours, *theirs])


def _section(command: str, pictures: Mapping[str, str]) -> str:
    drawn = (f"{caption}:\n\n```text\n{picture}\n```\n" for caption, picture in pictures.items())
    return "\n".join([f"## `{command}`\n", *drawn])


def _drawn(command: str, env: Mapping[str, str], columns: int | None = None) -> str:
    """What it prints. Raises ValueError where that is wider than the terminal."""
    lines = said(command, env, columns=columns or _WIDE)
    if columns and (wider := [line for line in lines if len(line) > columns]):
        message = f"{command}: wider than {columns} columns: {wider[0]}"
        raise ValueError(message)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
