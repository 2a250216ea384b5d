"""What builds, starts and writes things for developers. Imports nothing of bench/ and nothing of tests/."""
