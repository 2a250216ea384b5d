"""A real control plane on this machine, what is installed in it, and clients that talk to it.

Tests, benchmarks, the demo and `make up` run on it. No pytest, no fakes, and nothing of tests/.
"""
