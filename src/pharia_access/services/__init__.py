"""Gather, ask the domain, apply. Knows the domain and the ports, no library and no transport."""
