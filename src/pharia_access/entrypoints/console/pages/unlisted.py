"""What a list shows to somebody who may not list: which right is missing, and never that there is nothing."""

from http import HTTPStatus

from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.navigation import entry_named
from pharia_access.entrypoints.console.visits import Page, Visit
from pharia_access.errors import ForbiddenError

__all__ = ["unlisted"]

_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: pharia-access-tokens-list{namespace}
rules:
- apiGroups: [access.pharia.ai]
  resources: [apitokens, apicredentials]
  verbs: [list]
"""


def unlisted(visit: Visit, error: ForbiddenError, entry: str, *, everywhere: bool) -> Page:
    """The page instead of the screen of that name, with the role to ask for."""
    screen = entry_named(entry)
    place = "" if everywhere else f"\n  namespace: {visit.context.namespace}"
    values = {
        "failure": explain(error),
        "everywhere": everywhere,
        "narrower": screen.address(visit.context.namespace),
        "role": _ROLE.format(kind="ClusterRole" if everywhere else "Role", namespace=place),
    }
    return Page("unlisted", screen.title, values, status=HTTPStatus.FORBIDDEN)
