"""The verifier's process: HTTP in, verdicts out. `checks` answers gateways as they come in, `guarded` reads all else."""
