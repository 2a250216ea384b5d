"""What each value of the chart may be.

The settings are the programs' own; the rest is told here, in the same forms. tools/chart_values.py writes all of it
down for the chart's templates and its schema. A value whose form is `object`, `strings`, `objects` or `texts` is
Kubernetes' own: the chart looks at its type alone, and passes it on.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pharia_access.settings.base import LABEL
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.types import SettingType, flag, text, whole_number
from pharia_access.settings.verifier import VerifierSettings
from tools.values_reference import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic.fields import FieldInfo

    from pharia_access.settings.base import ProcessSettings

__all__ = ["PROGRAMS", "forms", "named"]

PROGRAMS: dict[str, type[ProcessSettings]] = {"settings": OperatorSettings, "verifier.settings": VerifierSettings}
"""Where the settings of a program are, and whose they are."""

_SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
_LONGEST_PREFIX, _LONGEST_SUBDOMAIN = 54, 253
# As in the reference of an image (github.com/distribution/reference).
_HOST = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?"
_DOMAIN = rf"({_HOST}(\.{_HOST})*|\[[0-9a-fA-F:]+\])(:[0-9]+)?"
_COMPONENT = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = f"{_DOMAIN}(/{_COMPONENT})*"
_GO_UNITS = "([0-9]+(\\.[0-9]+)?(h|m|s|ms|us))+"


@functools.cache
def forms() -> dict[str, SettingType]:
    """The form of every value, in the order of values.yaml."""
    return {value.path: _setting(value.path) or _OTHERS[value.path] for value in values()}


@functools.cache
def named(prefix: str) -> Callable[[str], str]:
    """What a program's field is called in values.yaml."""
    paths = {_field(value.path): value.path for value in values() if value.path.rpartition(".")[0] == prefix}
    return paths.__getitem__


def _setting(path: str) -> SettingType | None:
    program = PROGRAMS.get(path.rpartition(".")[0])
    if program is None:
        return None
    form = _form_of(program.model_fields[_field(path)])
    # Another than the program's: a port that any free one may take is no port that a Service finds.
    return whole_number(1, 65535) if path.lower().endswith("port") else form


def _field(path: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", path.rpartition(".")[2]).lower()


def _form_of(field: FieldInfo) -> SettingType:
    (form,) = (metadata for metadata in field.metadata if isinstance(metadata, SettingType))
    return form


def _only(kind: str, may_be: str, **more: object) -> SettingType:
    """A form that the chart alone reads."""
    return SettingType(may_be, lambda value: value, form={"kind": kind, **more})


def _words(*options: str) -> SettingType:
    return _only("word", f"one of {', '.join(options)}", options=list(options))


def _or_empty(pattern: str, what: str, longest: int = _LONGEST_SUBDOMAIN) -> SettingType:
    return text(f"({pattern})?", f"{what}, or empty", longest)


def _list(pattern: str, what: str, *, once: bool = False) -> SettingType:
    return _only("names", f"a list of at most 64 {what}", pattern=pattern, most=64, once=once)


_SECRET = _or_empty(_SUBDOMAIN, "the name of a Secret")
_SECRETS = _list(_SUBDOMAIN, "names of Secrets, or objects with such a name")
_STRINGS = _only("strings", "a mapping of texts without control characters")
_OBJECT = _only("object", "a mapping without control characters")
_OBJECTS = _only("objects", "a list of mappings without control characters")
_PEERS = _only("peers", "a list of at most 64 peers, each with a key that has a value")
_RENDER = _words("never", "ifKnown", "always")
_PROMETHEUS = text("([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?", "a duration such as 30s or 1m30s", 20)
_CERTIFICATES = _or_empty(_GO_UNITS, "a duration such as 2160h", 64)
_HUNDRED = whole_number(1, 100)
_POD: dict[str, SettingType] = {
    "serviceAccount.annotations": _STRINGS,
    "podAnnotations": _STRINGS,
    "podLabels": _STRINGS,
    "podDisruptionBudget.enabled": flag(),
    "podDisruptionBudget.maxUnavailable": _only(
        "countOrShare", "a number from 1 on, or a share from 1% to 99%", pattern="[1-9][0-9]{0,8}|[1-9][0-9]?%"
    ),
    "resources": _OBJECT,
    "podSecurityContext": _OBJECT,
    "securityContext": _OBJECT,
    "nodeSelector": _STRINGS,
    "tolerations": _OBJECTS,
    "affinity": _OBJECT,
    "topologySpreadConstraints": _OBJECTS,
    "priorityClassName": _or_empty(_SUBDOMAIN, "the name of a PriorityClass"),
}
_OTHERS: dict[str, SettingType] = {
    "global.imageRegistry": _or_empty(
        f"{_REGISTRY}/?", "a registry's name such as registry.example.com:5000, without https://"
    ),
    "global.imagePullSecrets": _SECRETS,
    "nameOverride": _or_empty(
        LABEL,
        f"at most {_LONGEST_PREFIX} lower-case letters, digits and -, with a letter or digit at both ends",
        _LONGEST_PREFIX,
    ),
    "fullnameOverride": _or_empty(
        "[a-z]([-a-z0-9]*[a-z0-9])?",
        f"at most {_LONGEST_PREFIX} lower-case letters, digits and -, with a letter first and no - at the end",
        _LONGEST_PREFIX,
    ),
    "watchNamespaces": _list(LABEL, "names of namespaces, each once", once=True),
    "image.registry": _or_empty(
        _REGISTRY, "a registry's name such as registry.example.com:5000, without https:// and without a / at its end"
    ),
    "image.repository": text(
        f"({_DOMAIN}/)?{_COMPONENT}(/{_COMPONENT})*", "the name of an image, without https:// and a tag", 255
    ),
    "image.tag": _or_empty("[A-Za-z0-9_][-A-Za-z0-9_.]*", "a tag of at most 128 letters, digits, _, - and .", 128),
    "image.digest": _or_empty("sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits"),
    "image.pullPolicy": _words("Always", "IfNotPresent", "Never"),
    "imagePullSecrets": _SECRETS,
    **dict.fromkeys(("crds.enabled", "crds.keep", "policies.enabled", "roles.create"), flag()),
    **dict.fromkeys(("rbac.aggregate", "rbac.editMayMint", "rbac.catalog", "networkPolicy.enabled"), flag()),
    "rotation.everywhere": flag(),
    "networkPolicy.apiServer.ports": _only(
        "numbers", "a list of 1 to 16 whole numbers from 1 to 65535", low=1, high=65535, most=16
    ),
    "networkPolicy.apiServer.cidrs": _list("[0-9a-fA-F.:]+/[0-9]{1,3}", "ranges of addresses such as 10.96.0.1/32"),
    **dict.fromkeys(("networkPolicy.metricsFrom", "networkPolicy.checksFrom", "networkPolicy.tokenReviewFrom"), _PEERS),
    "networkPolicy.extraEgress": _only(
        "egress", "a list of at most 64 rules, each with ports or peers (to), none of them empty"
    ),
    "metrics.serviceMonitor.render": _RENDER,
    "metrics.serviceMonitor.labels": _STRINGS,
    "metrics.serviceMonitor.interval": _PROMETHEUS,
    "metrics.serviceMonitor.scrapeTimeout": _PROMETHEUS,
    "metrics.prometheusRule.render": _RENDER,
    "metrics.prometheusRule.runbooks": _or_empty(
        "https?://[-A-Za-z0-9._~:/?@!$&()*+,;=%]+", "an address that begins with https:// or http://", 2048
    ),
    "metrics.prometheusRule.labels": _STRINGS,
    "metrics.dashboard.enabled": flag(),
    "metrics.dashboard.labels": _STRINGS,
    "metrics.dashboard.annotations": _STRINGS,
    "extraObjects": _only("texts", "a list of mappings, without control characters, or texts"),
    "helmTest.resources": _OBJECT,
    "operator.replicas": whole_number(0, 5),
    **{f"operator.{path}": form for path, form in _POD.items()},
    "verifier.replicas": whole_number(0, 100),
    "verifier.autoscaling.enabled": flag(),
    "verifier.autoscaling.minReplicas": _HUNDRED,
    "verifier.autoscaling.maxReplicas": _HUNDRED,
    "verifier.autoscaling.targetCPUUtilizationPercentage": _HUNDRED,
    "verifier.autoscaling.behavior": _OBJECT,
    **{f"verifier.{path}": form for path, form in _POD.items()},
    "verifier.service.type": _words("ClusterIP", "NodePort", "LoadBalancer"),
    "verifier.service.annotations": _STRINGS,
    "verifier.tls.secretName": _SECRET,
    "verifier.tls.certificate.enabled": flag(),
    "verifier.tls.certificate.issuerRef": _STRINGS,
    "verifier.tls.certificate.dnsNames": _list(rf"(\*\.)?{_SUBDOMAIN}", "names of hosts"),
    "verifier.tls.certificate.duration": _CERTIFICATES,
    "verifier.tls.certificate.renewBefore": _CERTIFICATES,
    "verifier.tokenReview.secretName": _SECRET,
    "verifier.tokenReview.clientCASecretName": _SECRET,
}
