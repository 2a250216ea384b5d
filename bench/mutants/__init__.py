"""Makes small mistakes in src/ and counts those that no test notices."""
