"""Keeps the tokens of WorkloadTokens fresh: what is known of them, and what is done about it."""
