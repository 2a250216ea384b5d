"""Options that commands share, in kubectl's words, and where their values are kept."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from pharia_access.entrypoints.kubectl.lifetime_params import TIMEOUT
from pharia_access.entrypoints.kubectl.named import NAMESPACE, SELECTOR

__all__ = [
    "FORMATS",
    "CliOptions",
    "applied",
    "asking",
    "connected",
    "deliberate",
    "everywhere",
    "listed",
    "many_deliberate",
    "named_in",
    "printed",
    "shown",
    "sure",
    "together",
    "trying",
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


def _kept(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 - what click.option takes
    """An option whose value goes to `CliOptions`, and not to the command. Where it is not given, nothing changes."""

    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is click.core.ParameterSource.COMMANDLINE:
            setattr(context.ensure_object(CliOptions), name, value)

    return click.option(*names, expose_value=False, callback=keep, **settings)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one, shown in this order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


asking = together(
    _kept(
        "--request-timeout",
        "timeout",
        type=TIMEOUT,
        metavar="LENGTH",
        help="For each request; 0 waits for ever. Else 30s.",
    ),
    _kept("-v", "--verbose", is_flag=True, help="Also show what caused an error."),
)
"""For whatever is asked over the network."""

connected = together(
    _kept("--kubeconfig", metavar="FILE", help="The kubeconfig; else KUBECONFIG, else ~/.kube/config."),
    _kept("--context", metavar="NAME", help="Its context to use."),
    _kept("--as", "user", metavar="USER", help="Impersonate this user."),
    _kept("--as-group", "groups", metavar="GROUP", multiple=True, help="Impersonate this group; may be repeated."),
    asking,
)
"""How to reach the API server; every command has them, before its noun and after."""

named_in = together(connected, _kept("-n", "--namespace", type=NAMESPACE, metavar="NAME", help="Else the context's."))
"""For what has a namespace."""

everywhere = _kept("-A", "--all-namespaces", is_flag=True, help="From all namespaces.")
_dry_run = _kept("--dry-run", is_flag=True, help="Ask the API server to judge the change, and change nothing.")
_force = _kept("--force", is_flag=True, help="Also where Git declares what is changed, and may change it back.")
sure = _kept("-y", "--yes", "assume_yes", is_flag=True, help="Do not ask.")


def printed(*formats: str) -> Callable[[F], F]:
    """For what prints something in one of these forms, the first unless another is chosen."""
    return _kept("-o", "--output", type=click.Choice(formats), help="How to print it.")


shown = together(named_in, printed(*FORMATS))
"""For what prints one object."""

listed = together(
    shown,
    everywhere,
    _kept("-l", "--selector", type=SELECTOR, metavar="LABELS", help="Only those with these labels: team=finance."),
)
"""For what prints many."""

trying = together(named_in, _dry_run)
"""For what creates, and prints nothing of the object."""

applied = together(shown, _dry_run, _force)
"""For what changes an object."""

deliberate = together(applied, sure)
"""For what may break somebody's access."""

many_deliberate = together(named_in, everywhere, _dry_run, _force, sure)
"""For the same with many objects, where the output is not theirs."""
