"""The administration without an API server or a terminal: objects, Secrets and whoever listens."""
