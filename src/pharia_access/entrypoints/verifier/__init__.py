"""The verifier's process: HTTP in, verdicts out. `checks` answers gateways, `guarded` reads all else."""
