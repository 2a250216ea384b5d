"""What is told where nothing was found: a check that looked at nothing never says that all is well."""

from pharia_access.bootstrap.cli import CliSession
from pharia_access.entrypoints.kubectl.failures import RefusedError

__all__ = ["nothing_in", "require_namespace"]


async def nothing_in(session: CliSession, nouns: str, namespace: str | None, *, labels: str = "") -> str:
    """That there are none, without a full stop. Raises RefusedError where there is no such namespace either."""
    unseen = await require_namespace(session, namespace)
    where = f" in namespace {namespace}" if namespace else ""
    which = f" with labels {labels}" if labels else ""
    return f"There are no {nouns}{which}{where}{unseen}"


async def require_namespace(session: CliSession, namespace: str | None) -> str:
    """Raise RefusedError for a namespace that is not there; what to add where one may not look."""
    if namespace is None:
        return ""
    there = await session.objects.has_namespace(namespace)
    if there is False:
        msg = f'There is no namespace "{namespace}"'
        raise RefusedError(msg, "See: kubectl get namespaces")
    return "" if there else ", as far as you may see: whether there is such a namespace, you may not ask"
