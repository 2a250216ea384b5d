"""Measures the product, and writes what it measured into bench/results.

What more than one folder uses lies here. Imports nothing of tests/.
"""
