"""Options that commands share, in kubectl's words, and where their values are kept."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from pharia_access.entrypoints.kubectl.help_pages import ConnectionOption
from pharia_access.entrypoints.kubectl.lifetime_params import TIMEOUT
from pharia_access.entrypoints.kubectl.named import NAMESPACE, SELECTOR

__all__ = [
    "FORMATS",
    "CliOptions",
    "all_namespaces_option",
    "combine",
    "connection_options",
    "creation_options",
    "destructive_options",
    "dry_run_options",
    "list_options",
    "many_deletions_options",
    "many_destructive_options",
    "namespace_options",
    "object_options",
    "output_option",
    "request_options",
    "write_options",
    "yes_option",
]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS: Final = ("table", "wide", "json", "yaml", "name")


@dataclass(slots=True)
class CliOptions:
    """What was chosen by options that commands share.

    Attributes:
        namespace: None and an empty one stand for the context's.
        force: change what Git declares all the same.
        assume_yes: do not ask.
        timeout: seconds for a request.
    """

    kubeconfig: str | None = None
    context: str | None = None
    user: str = ""
    groups: tuple[str, ...] = ()
    namespace: str | None = None
    all_namespaces: bool = False
    selector: str = ""
    output: str = "table"
    dry_run: bool = False
    assume_yes: bool = False
    force: bool = False
    verbose: bool = False
    timeout: float = 30.0

    @property
    def for_people(self) -> bool:
        """Whether a table is wanted, and not what a program reads."""
        return self.output in {"table", "wide"}

    def connection(self) -> str:
        """The options that say which cluster and who, as they are typed, with a space before each."""
        named = (("--kubeconfig", self.kubeconfig), ("--context", self.context), ("--as", self.user))
        words = [word for option, value in named if value for word in (option, value)]
        words += [word for group in self.groups for word in ("--as-group", group)]
        return "".join(f" {shlex.quote(word)}" for word in words)

    def place(self) -> str:
        """The option that says in which namespace, where it was given, in the same form."""
        return f" -n {shlex.quote(self.namespace)}" if self.namespace else ""


def _shared_option(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 - what click.option takes
    """An option whose value goes to `CliOptions`, and not to the command. Where it is not given, nothing changes."""

    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is click.core.ParameterSource.COMMANDLINE:
            setattr(context.ensure_object(CliOptions), name, value)

    return click.option(*names, expose_value=False, callback=keep, **settings)


def _connection_option(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 - what click.option takes
    return _shared_option(*names, cls=ConnectionOption, **settings)


def combine(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one, shown in this order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


request_options = combine(
    _connection_option(
        "--request-timeout",
        "timeout",
        type=TIMEOUT,
        metavar="LENGTH",
        help="Timeout of each request; 0 for none (default: 30s).",
    ),
    _connection_option("-v", "--verbose", is_flag=True, help="Also show the cause of an error."),
)
"""For whatever is asked over the network."""

connection_options = combine(
    _connection_option("--kubeconfig", metavar="FILE", help="Kubeconfig (default: $KUBECONFIG, else ~/.kube/config)."),
    _connection_option("--context", metavar="NAME", help="Context of the kubeconfig (default: the current one)."),
    _connection_option("--as", "user", metavar="USER", help="User to impersonate."),
    _connection_option(
        "--as-group", "groups", metavar="GROUP", multiple=True, help="Group to impersonate; may be repeated."
    ),
    request_options,
)
"""How to reach the API server; every command has them, before its noun and after."""

namespace_options = combine(
    connection_options,
    _shared_option("-n", "--namespace", type=NAMESPACE, metavar="NAME", help="Namespace (default: the context's)."),
)
"""For what has a namespace."""

all_namespaces_option = _shared_option("-A", "--all-namespaces", is_flag=True, help="All namespaces.")
_dry_run = _shared_option("--dry-run", is_flag=True, help="Let the API server validate the change without making it.")
_force = _shared_option("--force", is_flag=True, help="Make the change even if Git may revert it.")
yes_option = _shared_option("-y", "--yes", "assume_yes", is_flag=True, help="Skip the confirmation.")


def output_option(*formats: str) -> Callable[[F], F]:
    """For what prints something in one of these forms, the first unless another is chosen."""
    return _shared_option("-o", "--output", type=click.Choice(formats), help=f"Output format (default: {formats[0]}).")


object_options = combine(namespace_options, output_option(*FORMATS))
"""For what prints one object."""

list_options = combine(
    object_options,
    all_namespaces_option,
    _shared_option(
        "-l", "--selector", type=SELECTOR, metavar="LABELS", help="Label selector, for example team=finance."
    ),
)
"""For what prints many."""

dry_run_options = combine(namespace_options, _dry_run)
"""For what creates, and prints nothing of the object."""

creation_options = combine(object_options, _dry_run)
"""For what creates an object, and prints it."""

write_options = combine(object_options, _dry_run, _force)
"""For what changes an object."""

destructive_options = combine(write_options, yes_option)
"""For what may break somebody's access."""

many_deletions_options = combine(namespace_options, all_namespaces_option, _dry_run, yes_option)
"""For what deletes many objects, and never those that Git declares."""

many_destructive_options = combine(namespace_options, all_namespaces_option, _dry_run, _force, yes_option)
"""For the same with many objects, where the output is not theirs."""
