"""The files of `examples/gateways`, with some texts replaced, and where a test writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Changes", "example", "flat", "written"]

Changes = Mapping[str, str]
_EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "gateways"


def example(name: str, changes: Changes, addresses: Mapping[str, str]) -> str:
    """The file with these texts replaced: each text that is changed stands in it once."""
    text = (_EXAMPLES / name).read_text(encoding="utf-8")
    for shown, own in changes.items():
        assert text.count(shown) == 1, shown
        text = text.replace(shown, own)
    for shown, own in addresses.items():
        assert shown in text, shown
        text = text.replace(shown, own)
    return text


def flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Traefik's options of a file, as its command line has them."""
    for name, value in options.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)


def written(file: Path, text: str) -> Path:
    """Write a text, with the folders above."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
