"""Tests at length, run by `make` and by name: thousands of seeds where the suite plays a few.

Each prints what broke a promise, ends with status 1 if anything did, and writes its result into bench/results.
"""
