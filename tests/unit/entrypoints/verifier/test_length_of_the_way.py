"""How much code a header of a gateway's check passes on its way to a verdict: little enough to be read in an hour."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

import pharia_access

WAYS = {
    "plain": (
        "entrypoints/verifier/checks",
        "entrypoints/verifier/plain_requests",
        "entrypoints/verifier/early_answers",
        "entrypoints/verifier/accepted_texts",
        "services/verifier/generations",
        "entrypoints/verifier/gateways",
        "services/verifier/authorizer",
        "domain/verification/bearer",
        "services/verifier/verifier",
        "services/verifier/known_keys",
    ),
    "the parser's": (
        "entrypoints/verifier/limited_protocol",
        "entrypoints/verifier/pieces",
        "entrypoints/verifier/targets",
        "entrypoints/verifier/heads",
        "entrypoints/verifier/answering",
        "entrypoints/verifier/turns",
        "entrypoints/verifier/app",
        "entrypoints/verifier/check_headers",
        "entrypoints/verifier/gateways",
        "services/verifier/authorizer",
        "domain/verification/token_headers",
        "domain/verification/bearer",
        "services/verifier/verifier",
        "services/verifier/known_keys",
    ),
}
"""The modules that see a header, or what is made of it, from the packet to the verdict."""
OF_OTHERS = {"Protocols"}
"""Classes in them that answer what is no gateway's check."""
_SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(module: str) -> int:
    """Lines that hold something else than a comment or a docstring."""
    text = Path(pharia_access.__path__[0], f"{module}.py").read_text()
    others = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name in OF_OTHERS]
    left_out = {line for node in others for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines: set[int] = set()
    fresh = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT and not (fresh and token.type == tokenize.STRING):
            lines.update(range(token.start[0], token.end[0] + 1))
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            fresh = token.type in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    return len(lines - left_out)


@pytest.mark.parametrize(("way", "modules"), WAYS.items())
def test_the_way_of_a_header_is_short(way: str, modules: tuple[str, ...]) -> None:
    counted = {module: lines_of_code(module) for module in modules}

    assert sum(counted.values()) < 1050, (way, counted)
