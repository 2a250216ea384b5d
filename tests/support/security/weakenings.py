"""What makes a guard hold no longer, though it is there: each changes a binding, a policy or a kind."""

from __future__ import annotations

from typing import Any

__all__ = [
    "but_for_some_objects",
    "for_one_more_account",
    "ignoring_failures",
    "in_a_second_version",
    "in_some_namespaces",
    "keeping_unknown_fields",
    "leaving_out_a_name",
    "leaving_out_kube_system",
    "never_matching",
    "to_another_policy",
    "true_for_all",
    "warn_only",
    "with_a_rule_that_is_always_true",
    "without_rules",
    "without_the_specs_rules",
]

Json = dict[str, Any]
OPERATOR = "request.userInfo.username == 'system:serviceaccount:pharia-access-system:pharia-access-operator'"


def warn_only(obj: Json) -> None:
    obj["spec"]["validationActions"] = ["Warn", "Audit"]


def in_some_namespaces(obj: Json) -> None:
    obj["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}


def but_for_some_objects(obj: Json) -> None:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"], "resourceNames": ["x"]}
    obj["spec"]["matchResources"] = {"excludeResourceRules": [rule]}


def to_another_policy(obj: Json) -> None:
    obj["spec"]["policyName"] = "another"


def ignoring_failures(obj: Json) -> None:
    obj["spec"]["failurePolicy"] = "Ignore"


def never_matching(obj: Json) -> None:
    obj["spec"].setdefault("matchConditions", []).append({"name": "never", "expression": "false"})


def leaving_out_kube_system(obj: Json) -> None:
    key = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
    obj["spec"]["matchConstraints"]["namespaceSelector"] = {"matchExpressions": [key]}


def leaving_out_a_name(obj: Json) -> None:
    rule = {**obj["spec"]["matchConstraints"]["resourceRules"][0], "resourceNames": ["x"]}
    obj["spec"]["matchConstraints"]["excludeResourceRules"] = [rule]


def true_for_all(obj: Json) -> None:
    obj["spec"]["validations"][-1]["expression"] = "true"


def for_one_more_account(obj: Json) -> None:
    spec = obj["spec"]
    for part in (*spec.get("variables", []), *spec.get("matchConditions", []), *spec["validations"]):
        part["expression"] = part["expression"].replace(OPERATOR, f"({OPERATOR} || request.userInfo.username == 'me')")


def schema(obj: Json) -> Json:
    (version,) = obj["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]
    return found


def without_rules(obj: Json) -> None:
    def strip(value: object) -> None:
        if isinstance(value, dict):
            value.pop("x-kubernetes-validations", None)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            strip(item)

    strip(schema(obj))


def without_the_specs_rules(obj: Json) -> None:
    schema(obj)["properties"]["spec"].pop("x-kubernetes-validations")


def with_a_rule_that_is_always_true(obj: Json) -> None:
    schema(obj)["properties"]["spec"]["x-kubernetes-validations"][0]["rule"] = "true"


def keeping_unknown_fields(obj: Json) -> None:
    schema(obj)["x-kubernetes-preserve-unknown-fields"] = True


def in_a_second_version(obj: Json) -> None:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    lax = {"name": "v9", "served": True, "storage": False, "schema": {"openAPIV3Schema": anything}}
    obj["spec"]["versions"].append(lax)
