"""A verifier without a cluster: over sockets, without sockets, and what is sent to it."""
