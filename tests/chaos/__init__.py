"""Faults from seeds on a real control plane, the people who work meanwhile, and the referee."""
