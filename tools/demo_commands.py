"""Commands that the demo runs more than once, or that are long."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.demo_runner import DemoRunner

__all__ = ["EVENTS", "MESSAGE_OF", "TEXT_OF", "mint_token", "path_of_reader", "set_roles"]

MANIFEST = """\
kubectl apply -f - <<'END'
apiVersion: access.pharia.ai/v1alpha1
kind: ApiToken
metadata: {{name: {name}}}
spec:
  credentialRef: {{name: invoice-bot}}
  description: {description}
  ttl: {ttl}
END"""
TEXT_OF = "kubectl get secret {name} -o go-template='{{{{.data.token | base64decode}}}}'"
MESSAGE_OF = "kubectl get {what} -o jsonpath='{{.status.conditions[?(@.type==\"Ready\")].message}}'"
EVENTS = (
    "kubectl get events --sort-by=.metadata.resourceVersion"
    " -o custom-columns=ABOUT:.involvedObject.name,REASON:.reason,MESSAGE:.message"
)


def path_of_reader(programs: Path) -> str:
    """PATH of whoever types the story's commands: the control plane's programs, `kubectl access`, the system's."""
    return f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin"


def mint_token(story: DemoRunner, name: str, *, description: str, ttl: str) -> None:
    """Create a token under invoice-bot and wait until it is there."""
    story.run(MANIFEST.format(name=name, description=description, ttl=ttl), expect="created")
    story.run(f"kubectl wait --for=condition=Ready apitoken/{name} --timeout=20s", expect="condition met")


def set_roles(story: DemoRunner, roles: str) -> None:
    """Change what invoice-bot may do; `roles` is a JSON list."""
    story.run(f'kubectl patch apicredential invoice-bot --type=merge -p \'{{"spec":{{"roles":{roles}}}}}\'')
