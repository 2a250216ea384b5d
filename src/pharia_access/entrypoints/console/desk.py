"""What a screen works with: the use cases' ports, and what is said of the person at them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pharia_access.services.administration.context import Context
from pharia_access.services.administration.events import Events
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.overwriting import Workloads
from pharia_access.services.administration.own_secrets import OwnSecrets
from pharia_access.services.administration.rights import RightsReader

__all__ = ["Desk", "Neighbors"]


@dataclass(frozen=True, slots=True)
class Neighbors:
    """What is in the namespaces beside our kinds and their one-time Secrets.

    Attributes:
        rights: who may do what, as far as the person may know.
    """

    own_secrets: OwnSecrets
    workloads: Workloads
    events: Events
    rights: RightsReader


@dataclass(frozen=True, slots=True)
class Desk:
    """The API server with one person's rights.

    Attributes:
        context: for the use cases, in the namespace that the console begins with.
        neighbors: Kubernetes' own kinds.
        rehearsal: the same one, whose writes the API server judges and does not keep.
        user: who the API server sees; empty where it does not tell.
        options: of the command line, which say which cluster and who: for commands that are named to the person.
        views: makes what one browser's open pages look at; None where pages are not live.
    """

    context: Context
    rehearsal: Context
    neighbors: Neighbors
    user: str = ""
    options: str = ""
    views: Callable[[], LiveViews] | None = None

    def at(self, namespace: str) -> "Desk":
        """The same in another namespace."""
        return replace(
            self,
            context=replace(self.context, namespace=namespace),
            rehearsal=replace(self.rehearsal, namespace=namespace),
        )
