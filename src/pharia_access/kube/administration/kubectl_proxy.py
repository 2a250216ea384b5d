"""A person's login, lent by kubectl: `kubectl proxy` serves on a socket in a new folder that only its owner enters.

No port is opened. kubectl ends with this process however that ends, and the folder goes: a shell waits at a pipe that
nobody else holds. See docs/decisions/0036-kubectl-lends-its-login.md.
"""

import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from pharia_access.errors import LoginError
from pharia_access.kube.administration.kubeconfig import CHOOSE, NamedLogin, named_login, read_view
from pharia_access.kube.administration.kubectl_trouble import start_failure
from pharia_access.kube.administration.plugin_terminal import Terminal, forwarded, read_some, standard_error

__all__ = ["LentLogin", "LoginOptions", "lent_login"]

_SERVING: Final = b"Starting to serve on "
_PROXY: Final = "kubectl proxy"
_SOCKET: Final = "kubectl.sock"
_MOST_SOCKET_CHARACTERS: Final = 100
"""The longest path of a socket: 104 bytes on macOS, 108 on Linux."""
_VIEW_SECONDS: Final = 30.0
_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0

# $1: a folder, $2: the end of a pipe, then the command, which takes this shell's place and number. What waits in the
# background gets a line where the command was ended in order, and the end of file where its starter died.
_TIED: Final = """
( trap '' HUP INT TERM; read -r _ <"$2" || { rm -rf "$1"; kill "$$"; } ) </dev/null >/dev/null 2>&1 &
shift 2
exec "$@"
"""

# Each by its name, so that a kuberc cannot change it. The port is kubectl's default and is not opened.
_SERVE: Final = (
    "--port=8001",
    "--www=",
    "--api-prefix=/",
    "--append-server-path=true",
    "--accept-hosts=^localhost$",
    "--accept-paths=^/",
    "--reject-paths=^$",
    "--reject-methods=^$",
    "--disable-filter=false",
    "--v=0",
)

# Who asks, and whom: what is empty here is as the kubeconfig has it, whatever a kuberc says. Not --as-group, since an
# empty one is a group to kubectl, nor --proxy-url, which kubectl 1.32 does not know.
_AS_THE_KUBECONFIG_SAYS: Final = (
    "--kubeconfig=",
    "--context=",
    "--cluster=",
    "--user=",
    "--server=",
    "--tls-server-name=",
    "--certificate-authority=",
    "--insecure-skip-tls-verify=false",
    *("--client-certificate=", "--client-key="),
    "--token=",
    "--username=",
    "--password=",
    "--as=",
    "--as-uid=",
    "--request-timeout=0",
)


@dataclass(frozen=True, slots=True)
class LoginOptions:
    """kubectl's options that choose the cluster and the user.

    Attributes:
        kubeconfig: a file; None stands for KUBECONFIG, or ~/.kube/config.
        context: one of its contexts; None stands for the current one.
        user: whom to impersonate; empty for whom the kubeconfig names, if anybody.
        groups: those of the impersonated user.
    """

    kubeconfig: str | None = None
    context: str | None = None
    user: str = ""
    groups: tuple[str, ...] = ()

    def words(self, context: str | None) -> list[str]:
        """Return the options as kubectl takes them, with that context."""
        named = (("kubeconfig", self.kubeconfig), ("context", context), ("as", self.user))
        return [f"--{name}={value}" for name, value in named if value] + [f"--as-group={each}" for each in self.groups]


@dataclass(frozen=True, slots=True)
class LentLogin:
    """A login that kubectl lends.

    Attributes:
        socket: where kubectl proxy serves.
        namespace: the context's; empty where it names none.
        impersonated: who the requests must be from; empty where nobody is impersonated.
        runs_plugin: an exec plugin signs in: a request may wait for a person.
    """

    socket: Path
    namespace: str
    impersonated: str
    runs_plugin: bool


@contextmanager
def lent_login(options: LoginOptions, *, in_pod: bool, terminal: Terminal) -> Iterator[LentLogin]:
    """Start kubectl proxy with these options; end it with the block. Raises LoginError.

    `in_pod`: the pod's ServiceAccount stands in where there is no kubeconfig.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        msg = "There is no kubectl on PATH, by which kubectl access signs in"
        raise LoginError(msg, "Install it: https://kubernetes.io/docs/tasks/tools/")
    login = _login(_view(kubectl, options), options, in_pod=in_pod)
    with _folder() as folder:
        socket = f"--unix-socket={folder / _SOCKET}"
        command = [kubectl, "proxy", socket, *_SERVE, *_AS_THE_KUBECONFIG_SAYS, *options.words(login.context)]
        with _serving(command, folder, terminal, asks=login.runs_plugin):
            impersonated = options.user or login.impersonated
            yield LentLogin(folder / _SOCKET, login.namespace, impersonated, login.runs_plugin)


def _login(view: Mapping[str, object], options: LoginOptions, *, in_pod: bool) -> NamedLogin:
    login = named_login(view, options.context)
    if login is not None:
        return login
    msg = "Not logged in: the kubeconfig has no current context, or there is no kubeconfig"
    if in_pod:
        if not options.user and not options.groups:
            return NamedLogin(context="")
        msg = "Not logged in: kubectl does not impersonate in a pod without a kubeconfig"
    raise LoginError(msg, CHOOSE)


def _view(kubectl: str, options: LoginOptions) -> Mapping[str, object]:
    chosen = f"--kubeconfig={options.kubeconfig or ''}"
    command = [kubectl, "config", "view", "--output=json", "--minify=false", "--flatten=false", "--raw=false", chosen]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and words of the person who types
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_VIEW_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_started(kubectl, error) from error
    if done.returncode:
        raise start_failure(done.stderr)
    return read_view(done.stdout)


@contextmanager
def _folder() -> Iterator[Path]:
    """Create a private folder whose path is short enough for a socket in it."""
    try:
        short = len(tempfile.gettempdir()) + 32 < _MOST_SOCKET_CHARACTERS
        folder = Path(tempfile.mkdtemp(prefix="kubectl-access-", dir=None if short else "/tmp"))  # noqa: S108 - made with 0700
    except OSError as error:
        msg = f"There is no place for kubectl's socket: {error.strerror}"
        raise LoginError(msg, "Let TMPDIR name a folder that you may write in.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(command: Sequence[str], folder: Path, terminal: Terminal, *, asks: bool) -> Iterator[None]:
    """Run kubectl proxy until the end of the block, which begins when the proxy serves. `asks`: it runs a plugin."""
    with ExitStack() as stack:
        reader, writer = standard_error(terminal)
        stack.callback(os.close, reader)
        watched, held = os.pipe()
        stack.callback(os.close, held)
        try:
            process = _started(command, folder, watched, stdin=terminal.reads and asks, stderr=writer)
        finally:
            os.close(watched)
            os.close(writer)
        with ExitStack() as running:
            running.callback(_end, process, held)
            _wait_until_serving(process, reader)
            stack.enter_context(forwarded(reader, terminal, speaks=asks))
            stack.push(running.pop_all())
            yield


def _started(
    command: Sequence[str], folder: Path, watched: int, *, stdin: bool, stderr: int
) -> "subprocess.Popen[bytes]":
    tied = ["/bin/sh", "-c", _TIED, "sh", str(folder), f"/dev/fd/{watched}", *command]
    source = None if stdin else subprocess.DEVNULL
    try:
        return subprocess.Popen(  # noqa: S603 - the same
            tied, stdin=source, stdout=subprocess.PIPE, stderr=stderr, pass_fds=(watched,), bufsize=0
        )
    except OSError as error:
        raise _not_started(command[0], error) from error


def _wait_until_serving(process: "subprocess.Popen[bytes]", reader: int) -> None:
    """Wait until kubectl serves. Raises LoginError with kubectl's words if it ends instead."""
    output = cast("IO[bytes]", process.stdout)
    words, log_output = b"", b""
    while _SERVING not in words:
        ready = select.select([output.fileno(), reader], [], [], _START_SECONDS)[0]
        if not ready:
            raise _not_started(_PROXY, None)
        if reader in ready:
            log_output += read_some(reader)
        if output.fileno() in ready:
            if not (piece := output.read(1024)):
                raise start_failure(log_output + _rest(reader))
            words += piece


def _rest(reader: int) -> bytes:
    """Read the remaining output after the program's end."""
    os.set_blocking(reader, False)
    rest = b""
    while piece := read_some(reader):
        rest += piece
    return rest


def _end(process: "subprocess.Popen[bytes]", held: int) -> None:
    """End kubectl, then its watcher: until then no other process may get its process ID."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    cast("IO[bytes]", process.stdout).close()
    with suppress(OSError):  # nobody watches any more
        os.write(held, b"\n")


def _not_started(kubectl: str, error: OSError | subprocess.TimeoutExpired | None) -> LoginError:
    why = error.strerror if isinstance(error, OSError) else "it does not answer in time"
    return LoginError(f"Not logged in: cannot run {kubectl}: {why}", "Check that it runs: kubectl version")
