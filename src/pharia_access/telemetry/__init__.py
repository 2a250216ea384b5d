"""Metrics and logs: what a person or Prometheus sees of a running process."""
