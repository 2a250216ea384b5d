"""What the verifier reads from a request: the bearer token, what a gateway requires, its own certificates.

Here: pure codecs and their bounds. The verdict's rules stand above, in `domain.verdict`: people are told by the same.
Not here: anything of a token's life (`lifecycle`), or of what a person asks for (`administration`).
"""
