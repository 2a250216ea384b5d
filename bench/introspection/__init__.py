"""What resource servers of other projects make of the verifier's answers to RFC 7662."""
