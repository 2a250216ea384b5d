"""The verifier's process: HTTP in, verdicts out. One module a protocol; `fast_path` answers the hot ones early."""
