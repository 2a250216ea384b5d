"""What only the verifier says to the API server: lists decoded at speed, and last uses.

Here: adapters for ports of `services.verifier`. Watching stands above, in `kube.reflector`.
Not here: anything that the operator or a person's command needs.
"""
