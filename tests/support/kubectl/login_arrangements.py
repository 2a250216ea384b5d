"""How the files of a row are written: pieces that rows of the table share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.kubectl.login_rows import Row, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = [
    "BY_NAME",
    "CERTIFICATE",
    "RELATIVE",
    "RELATIVE_CA",
    "above",
    "at_home",
    "beside",
    "empty",
    "files",
    "folder",
    "forbidden",
    "linked",
    "named",
    "nothing",
    "only",
    "other",
    "relative_certificates",
    "text",
    "token_file",
    "whole",
]

Json = dict[str, Any]
Facts = Mapping[str, str]

CERTIFICATE = {"client-certificate-data": "{cert_data}", "client-key-data": "{key_data}"}
BY_NAME = "https://kubernetes.default.svc:{port}"
"""Go never takes a proxy to 127.0.0.1; this name is in the certificate, and only the proxies know where it is."""


RELATIVE = {"client-certificate": "pki/a.crt", "client-key": "pki/a.key"}
RELATIVE_CA = {"certificate-authority-data": "", "certificate-authority": "pki/ca.crt"}


def token_file(name: str, text: str, **more: Any) -> Row:  # noqa: ANN401 - fields of a row
    def arrange(_config: Json, home: Path, facts: Facts) -> None:
        write(home / "token", text.replace("{token}", facts["token"]))

    return Row(name, {"tokenFile": "token"}, arrange=arrange, **more)


def text(name: str, change: Callable[[str], str]) -> Row:
    def arrange(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
        return {"KUBECONFIG": write(home / "config", change(yaml.safe_dump(config)))}

    return Row(name, arrange=arrange)


def files(name: str, *parts: Callable[[Json], object], **more: Any) -> Row:  # noqa: ANN401 - the same
    """A KUBECONFIG of several files; None stands for one that is not there."""

    def arrange(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
        paths = []
        for number, part in enumerate(parts):
            content = part(config)
            paths.append(str(home / f"config-{number}"))
            if content is not None:
                write(home / f"config-{number}", content if isinstance(content, str) else yaml.safe_dump(content))
        return {"KUBECONFIG": ":".join(paths)}

    return Row(name, arrange=arrange, **more)


def whole(config: Json) -> object:
    return config


def only(*kinds: str) -> Callable[[Json], object]:
    return lambda config: {kind: config[kind] for kind in kinds}


def other(config: Json) -> object:
    """The same names, with another user."""
    return {**config, "users": [{"name": "u", "user": {"token": "another"}}]}


def relative_certificates(config: Json, home: Path, facts: Facts) -> None:
    for name, fact in (("a.crt", "cert"), ("a.key", "key"), ("ca.crt", "ca")):
        (home / "pki").mkdir(exist_ok=True)
        (home / "pki" / name).symlink_to(facts[fact])


def linked(config: Json, home: Path, facts: Facts) -> Mapping[str, str]:
    """A link to a kubeconfig elsewhere; what is relative is so to the link."""
    relative_certificates(config, home, facts)
    (home / "config").symlink_to(write(home / "elsewhere" / "config", yaml.safe_dump(config)))
    return {"KUBECONFIG": str(home / "config")}


def at_home(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    write(home / ".kube" / "config", yaml.safe_dump(config))
    return {}


def folder(_config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    return {"KUBECONFIG": str(home)}


def nothing(_config: Json, _home: Path, _facts: Facts) -> Mapping[str, str]:
    return {}


def beside(_config: Json, home: Path, facts: Facts) -> None:
    (home / "bin").mkdir()
    (home / "bin" / "good").symlink_to(f"{facts['plugins']}/good")


def above(config: Json, home: Path, facts: Facts) -> Mapping[str, str]:
    (home / "good").symlink_to(f"{facts['plugins']}/good")
    return {"KUBECONFIG": write(home / "kube" / "config", yaml.safe_dump(config))}


def forbidden(_config: Json, home: Path, _facts: Facts) -> None:
    policy = {"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference", "credentialPluginPolicy": "DenyAll"}
    write(home / ".kube" / "kuberc", yaml.safe_dump(policy))


def named(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    write(home / "named", yaml.safe_dump(config))
    return {"KUBECONFIG": "/no"}


def empty(_config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    return {"KUBECONFIG": write(home / "config", "")}
