"""What goes wrong in a run: each fault by name, chosen by the seed. It or `ChaosCluster.mend` mends what it broke."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tests.chaos.chaos_cluster import LEASE_SECONDS, VIEW_BOUND
from tests.chaos.configurations import broken_webhook, flow_of
from tests.chaos.history import CLOCKS_APART, EVERYBODY
from tools.control_plane.etcd import compact, filled, wait_until_it_answers

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.chaos.chaos_cluster import ChaosCluster, Replica

__all__ = ["FAULTS", "Fault", "Happened"]


Fault: TypeAlias = "Callable[[ChaosCluster, random.Random], Happened]"


class Happened(NamedTuple):
    """A fault: in words, and whom it touched."""

    what: str
    whom: str = EVERYBODY


def kill_an_operator(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """SIGKILL, and a new one at once."""
    return _killed(rng.choice(chaos_cluster.operators))


def kill_both_operators(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """Nobody leads for a while."""
    return Happened(" and ".join(_killed(operator).what for operator in chaos_cluster.operators), "operators")


def kill_a_verifier(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """SIGKILL, and a new one at once, which lists everything."""
    return _killed(rng.choice(chaos_cluster.verifiers))


def stop_an_operator(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """SIGSTOP until its Lease is lost, then SIGCONT: it wakes up as a second leader."""
    operator = rng.choice(chaos_cluster.operators)
    operator.signal(signal.SIGSTOP)
    time.sleep(LEASE_SECONDS + 1.5)
    operator.signal(signal.SIGCONT)
    return Happened(f"stopped {operator.name} for {LEASE_SECONDS + 1.5} s", operator.name)


def stop_a_verifier(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """SIGSTOP and SIGCONT: its view is old when it wakes up."""
    verifier, seconds = rng.choice(chaos_cluster.verifiers), rng.choice((1.0, 4.0))
    verifier.signal(signal.SIGSTOP)
    time.sleep(seconds)
    verifier.signal(signal.SIGCONT)
    return Happened(f"stopped {verifier.name} for {seconds:.0f} s", verifier.name)


def cut_a_cable(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """One process alone does not reach the API server."""
    replica, seconds = rng.choice(chaos_cluster.replicas), rng.choice((0.0, 1.0, 4.0))
    replica.cuttable_proxy.cut()
    time.sleep(seconds)
    replica.cuttable_proxy.mend()
    return Happened(f"cut {replica.name} off for {seconds:.0f} s", replica.name)


def cut_a_verifier_off(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """For longer than its view may be old: it must have ceased to answer."""
    verifier = rng.choice(chaos_cluster.verifiers)
    verifier.cuttable_proxy.cut()
    time.sleep(VIEW_BOUND + 3)
    verifier.cuttable_proxy.mend()
    return Happened(f"cut {verifier.name} off for {VIEW_BOUND + 3:.0f} s", verifier.name)


def restart_the_api_server(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """On the same data."""
    chaos_cluster.control_plane.restart_api_server()
    return Happened("restarted the API server")


def restart_etcd(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """The API server stays, and fails meanwhile."""
    chaos_cluster.control_plane.stop_etcd()
    time.sleep(1.0)
    chaos_cluster.control_plane.start_etcd()
    wait_until_it_answers(chaos_cluster.control_plane)  # the next fault may want it
    return Happened("restarted etcd")


def compact_etcd(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """Everything before now is forgotten, and a connection is cut: its watches may meet 410 Gone."""
    replica = rng.choice(chaos_cluster.replicas)
    replica.cuttable_proxy.cut()
    compact(chaos_cluster.control_plane)
    replica.cuttable_proxy.mend()
    return Happened(f"compacted etcd while {replica.name} was cut off")


def fill_the_quota(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """etcd takes no write, reads go on; then somebody makes room, as its guide says."""
    with filled(chaos_cluster.control_plane):
        time.sleep(2.0)
    return Happened("etcd had no space for 2 s")


def slow_a_cable_down(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """Each piece comes later; the longest is beyond what a request may take, and so is done without an answer."""
    replica, delay = rng.choice(chaos_cluster.replicas), rng.choice((0.1, 0.4, 3.2))
    replica.cuttable_proxy.delay = delay
    time.sleep(3.5)
    replica.cuttable_proxy.mend()
    return Happened(f"slowed {replica.name} down by {delay} s", replica.name)


def step_a_clock(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """Back as far as one likes; ahead by no more than clocks may be apart, since then tokens end too early."""
    replica, seconds = rng.choice(chaos_cluster.replicas), rng.choice((-3600, -60, CLOCKS_APART))
    replica.clock.step(seconds)
    time.sleep(4.0)
    replica.clock.step(0)
    return Happened(f"stepped the clock of {replica.name} by {seconds} s for 4 s", replica.name)


def flood_with_429(chaos_cluster: ChaosCluster, rng: random.Random) -> Happened:
    """API Priority and Fairness has no place for requests of one account: 429 with Retry-After; watches stay."""
    whose = rng.choice(("operator", "verifier"))
    _for_a_while(chaos_cluster, flow_of(f"pharia-access-{whose}"))
    return Happened(f"429 to all requests of the {whose}s for 2 s")


def flood_with_500(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """A webhook of somebody else fails: every write of the operators is answered 500."""
    _for_a_while(chaos_cluster, broken_webhook())
    return Happened("500 to all writes of the operators for 2 s")


FAULTS: tuple[Fault, ...] = (
    kill_an_operator,
    kill_both_operators,
    kill_a_verifier,
    stop_an_operator,
    stop_a_verifier,
    cut_a_cable,
    cut_a_cable,
    cut_a_verifier_off,
    restart_the_api_server,
    restart_etcd,
    compact_etcd,
    fill_the_quota,
    slow_a_cable_down,
    slow_a_cable_down,
    step_a_clock,
    step_a_clock,
    flood_with_429,
    flood_with_500,
)
"""Twice where it has several kinds of victims."""


def _for_a_while(chaos_cluster: ChaosCluster, configuration: dict[str, object]) -> None:
    """Have an object in the API server for two seconds."""
    text = json.dumps(configuration)
    try:
        chaos_cluster.insist("apply", "--filename=-", stdin=text)
        time.sleep(2.0)
    finally:
        chaos_cluster.insist("delete", "--ignore-not-found", "--filename=-", stdin=text)


def _killed(replica: Replica) -> Happened:
    replica.kill()
    replica.start()
    return Happened(f"killed {replica.name}", replica.name)
