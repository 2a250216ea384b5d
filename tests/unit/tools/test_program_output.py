"""What a tool gets from a program that it runs."""

from __future__ import annotations

import pytest

from tools.program_output import output_of


class BuildError(RuntimeError):
    """Of a tool."""


def test_a_tool_gets_what_the_program_wrote() -> None:
    assert output_of(["sh", "-c", "echo done; echo aside >&2"], seconds=10, error=BuildError) == "done\n"


def test_a_failure_is_the_tools_own_error_with_the_words_of_the_program() -> None:
    with pytest.raises(BuildError) as caught:
        output_of(["sh", "-c", "echo half; echo no such file >&2; exit 3"], seconds=10, error=BuildError)

    assert "ended with status 3:\nhalf\nno such file\n" in str(caught.value)
