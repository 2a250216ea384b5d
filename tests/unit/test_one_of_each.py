"""One back-off, one rate limit, and each port beside its user."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "pharia_access"
TEXTS = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
DOUBLING = re.compile(r"\b2(\.0)? ?\*\* ?[a-z(]|\b1 << min|\b(\w+) = min\([^)\n]*(\b2 \* \2\b|\b\2 \* 2\b)")
"""A power of two with a count as its exponent, and a value that becomes twice as much with a cap."""
RATE = re.compile(r"\b1 / (self\.)?(\w+\.)?\w*(per_second|PER_SECOND)|\* (self\.\w+\.)?per_second")


def having(pattern: re.Pattern[str]) -> list[str]:
    return [name for name, text in TEXTS.items() if pattern.search(text)]


def importers(module: str, name: str) -> set[str]:
    """Return the folders with a module that imports this name."""
    pattern = re.compile(rf"^from pharia_access\.{re.escape(module)} import (\([^)]*|.*)\b{name}\b", re.MULTILINE)
    return {str(Path(file).parent) for file in having(pattern)}


def test_only_one_module_doubles_waits() -> None:
    assert having(DOUBLING) == ["domain/backoff.py"]


def test_only_one_module_limits_a_rate() -> None:
    assert having(RATE) == ["domain/token_bucket.py"]


def test_a_shared_port_has_users_in_two_rooms() -> None:
    ports = re.findall(r"^class (\w+)\(Protocol\)", TEXTS["services/ports.py"], re.MULTILINE)

    assert len(ports) > 2
    assert {port: rooms for port in ports if len(rooms := importers("services.ports", port)) < 2} == {}
