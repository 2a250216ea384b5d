"""Measures the verifier: checks per second, floods, strangers' connections, and how soon a change counts."""
