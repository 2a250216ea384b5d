"""The operator's services: what it knows, what it does next, who leads, in which order work is done.

Here: gather, ask the domain, apply, with ports for everything outside. `operator.py` is the way in.
Not here: anything that the verifier or a person's command runs.
"""
