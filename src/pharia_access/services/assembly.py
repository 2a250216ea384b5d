"""Puts an operator's parts together: `bootstrap` does with the real API server, tests do with fakes."""

from dataclasses import dataclass
from datetime import timedelta

from pharia_access.domain.model import Policy
from pharia_access.services.counting import Counting
from pharia_access.services.credential_lookup import CredentialLookup
from pharia_access.services.credential_reconciler import CredentialReconciler
from pharia_access.services.guards import LONGEST_INTERVAL, Watchman
from pharia_access.services.intake import Intake
from pharia_access.services.keys import Keys
from pharia_access.services.minting import Minting
from pharia_access.services.operator import Parts
from pharia_access.services.pacer import Pacer
from pharia_access.services.places import Places
from pharia_access.services.ports import Ports
from pharia_access.services.probes import ProbePace, Probes
from pharia_access.services.reconciler import TokenReconciler
from pharia_access.services.resync import Resync
from pharia_access.services.schedule import Schedule
from pharia_access.services.scopes import Scopes
from pharia_access.services.view import View
from pharia_access.services.withdrawals import Withdrawals
from pharia_access.services.work_queue import WorkQueue

__all__ = ["Choices", "assemble"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What people may choose of the parts."""

    policy: Policy
    token_prefix: str
    probe_pace: ProbePace
    deletes_per_second: float
    namespaces: tuple[str, ...] = ()
    """The only ones that are watched; none stands for all."""
    require_guards: bool = True
    """Whether nothing is minted while the admission policies do not hold."""
    look_interval: timedelta = LONGEST_INTERVAL
    """How often it is looked whether they do."""


def assemble(ports: Ports, choices: Choices) -> Parts:
    """Parts that know each other; the view is empty, and nothing is queued."""
    clock, policy = ports.clock, choices.policy
    view, schedule = View(), Schedule()
    queue = WorkQueue(clock.monotonic, may_mint=lambda work: work.kind == "token" and view.is_pending(work.key))
    probes = Probes(clock, choices.probe_pace)
    places = Places(view, clock.monotonic)
    intake = Intake(ports, view=view, places=places, queue=queue, schedule=schedule, probes=probes, policy=policy)
    keys = Keys(secrets=ports.secrets, entropy=ports.entropy, clock=clock)
    minting = Minting(
        ports, policy=policy, prefix=choices.token_prefix, keyring=keys.current, holds_back=queue.holds_back
    )
    deletes = Pacer(clock, choices.deletes_per_second)
    withdrawals = Withdrawals(ports, minting=minting, probes=probes)
    watchman = Watchman(
        ports, view=view, intake=intake, required=choices.require_guards, interval=choices.look_interval
    )
    scopes = Scopes(choices.namespaces, queue=queue, clock=clock, metrics=ports.metrics)
    return Parts(
        ports=ports,
        view=view,
        queue=queue,
        schedule=schedule,
        probes=probes,
        intake=intake,
        tokens=TokenReconciler(
            ports,
            minting=minting,
            counting=Counting(ports.cluster, view=view, places=places, intake=intake),
            lookup=CredentialLookup(ports, view=view, scopes=scopes, intake=intake, policy=policy),
            scopes=scopes,
            intake=intake,
            withdrawals=withdrawals,
            deletes=deletes,
            watchman=watchman,
        ),
        credentials=CredentialReconciler(ports, view=view, intake=intake),
        resync=Resync(ports, view=view, intake=intake),
        keys=keys,
        withdrawals=withdrawals,
        scopes=scopes,
        watchman=watchman,
    )
