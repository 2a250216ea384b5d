"""Builds the processes from real parts. Each has its module, so that none loads what only the other needs."""
