"""Measures the operator among few tokens: mints, ends of tokens, and fairness among namespaces."""
