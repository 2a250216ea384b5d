"""The verifier's services: the index of all tokens, the verdict on a presented text, uses, the log of accesses.

Here: what runs on one event loop, in microseconds, with ports for everything outside. `authorizer.py` is the way in.
Not here: anything that the operator or a person's command runs.
"""
