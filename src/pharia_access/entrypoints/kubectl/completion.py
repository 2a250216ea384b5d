"""Completion: candidates for kubectl, which runs `kubectl_complete-access` with the words after `access`.

Names come from kubectl itself: it starts in a third of the time that the API client takes to import, and knows every
way to log in. What cannot be listed completes to nothing, without a word.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import click
from click.shell_completion import CompletionItem, ShellComplete

from pharia_access.domain.api_values import Kind
from pharia_access.domain.token import holds_token
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.app import PROGRAM, access
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.kube import paths

__all__ = ["complete", "names_of"]

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_NO_FILES: Final = ":4"
"""Cobra's directive that files are no candidates (ShellCompDirectiveNoFileComp)."""
_SECONDS: Final = 3.0


def complete() -> None:
    """The console script `kubectl_complete-access`: a candidate a line, then the directive."""
    *words, incomplete = sys.argv[1:] or [""]
    if any(map(holds_token, words)):  # it would go on to kubectl, as a namespace's name
        words = []
    completer = ShellComplete(access, {"obj": CliOptions()}, PROGRAM, "")
    with suppress(Exception):  # half a command line may be anything: no candidates are an answer too
        for item in completer.get_completions(words, incomplete):
            if item.type == "plain":
                printing.write_cells(item.value, *([item.help] if item.help else []))
    printing.write(_NO_FILES)


def names_of(kind: Kind) -> Complete:
    """Names of existing objects, in the namespace that is meant."""

    def candidates(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        cli = context.find_object(CliOptions) or CliOptions()
        return [CompletionItem(name) for name in _names(kind, cli) if name.startswith(incomplete)]

    return candidates


def _names(kind: Kind, cli: CliOptions) -> list[str]:
    flags = {
        "kubeconfig": cli.kubeconfig,
        "context": cli.context,
        "as": cli.user,
        "namespace": None if kind == "ApiRole" else cli.namespace,
    }
    given = [f"--{name}={value}" for name, value in flags.items() if value]
    command = ["kubectl", "get", f"{paths.PLURALS[kind]}.{paths.GROUP}", "--output=name", "--request-timeout=2s"]
    try:
        answer = subprocess.run(  # noqa: S603 - no shell, and words of the person who types
            [*command, *given], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.partition("/")[2] for line in answer.stdout.splitlines()]
