"""Resource servers of other projects, which ask the verifier by RFC 7662: built, set up and started."""
