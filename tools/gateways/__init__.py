"""Real gateways in front of a service that records what reaches it: for the demo and for tests."""
