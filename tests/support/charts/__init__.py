"""Releases of the chart, and sets of values that it takes or refuses."""
