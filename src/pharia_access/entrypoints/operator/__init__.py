"""The operator's process: settings, signals, Kopf's watches, probes, and the order in which all of that ends.

Here: the only room that knows Kopf. What a watch tells goes to `services.operator`.
Not here: a decision about an object.
"""
