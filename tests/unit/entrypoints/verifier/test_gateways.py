"""The table of gateways and what other rooms say of the same contracts."""

from __future__ import annotations

from pharia_access.entrypoints.verifier.gateways import ENVOY_PREFIX, Gateways
from pharia_access.services.verifier.authorizer import GATEWAY_CONTRACTS


def test_the_authorizer_counts_the_checks_of_every_gateway() -> None:
    gateways = Gateways()
    envoy = gateways.find(ENVOY_PREFIX + b"any/-/", b"")

    assert envoy is not None
    assert {gateway.contract for gateway in (*gateways.by_path.values(), envoy[0])} == GATEWAY_CONTRACTS
