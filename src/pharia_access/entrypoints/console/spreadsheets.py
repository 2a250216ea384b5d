"""Rows as a file for a spreadsheet, in which no cell becomes a formula (CSV injection, OWASP)."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["CSV_TYPE", "as_csv"]

CSV_TYPE: Final = "text/csv; charset=utf-8"

_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - wide forms, which some spreadsheets take for the same


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Write them after RFC 4180, every cell in quotes. What a spreadsheet would calculate gets an apostrophe first."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([_as_text(cell) for cell in row] for row in rows)
    return written.getvalue().encode(errors="replace").decode()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
