"""The options that say where a new token's text goes, and how long to wait for it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.named import SECRET_KEY
from pharia_access.entrypoints.kubectl.options import combine

__all__ = ["SecretOutput", "secret_output_options", "wait_option"]


@dataclass(frozen=True, slots=True)
class SecretOutput:
    """One of them; none stands for standard output, in the form `output`. `folder` is for many."""

    output: str = "text"
    clipboard: bool = False
    file: str = ""
    secret: str = ""
    folder: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.clipboard, self.file, self.secret, self.folder, self.output != "text"))) > 1:
            msg = "A secret is handed over once: choose one of --copy, --to-file, --to-secret, --to-dir and -o"
            raise click.UsageError(msg)


wait_option = click.option(
    "--wait",
    "wait_timeout",
    type=LENGTH,
    default="1m",
    metavar="LENGTH",
    help="How long to wait for the operator (default: 1m).",
)

_options = combine(
    click.option("--copy", "clipboard", is_flag=True, help="Copy the secret to the clipboard instead of printing it."),
    click.option(
        "--to-file", "file", default="", metavar="FILE", help="Write the secret to a new file that only you can read."
    ),
    click.option(
        "--to-secret",
        "secret",
        type=SECRET_KEY,
        default="",
        metavar="NAME[/KEY]",
        help="Store the secret in a Secret: a new one, or one that this option wrote for the same credential"
        " (default KEY: token).",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "env", "json"]),
        default="text",
        help="Output format (default: text).",
    ),
)


def secret_output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and `secret_output` as their value."""

    @wraps(command)
    def with_secret_output(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - Click's
        chosen = {name: options.pop(name) for name in ("clipboard", "file", "secret", "output")}
        return command(*args, secret_output=SecretOutput(**chosen), **options)

    return _options(with_secret_output)
