"""PURE: values and rules of credentials and tokens. No clock, no environment, no I/O."""
