"""The operator's decisions about WorkloadTokens: what is due, what stands in the way, and what each step does next."""
