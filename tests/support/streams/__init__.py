"""Streams of bytes from seeds, sent to the listener and to h11, and how far the two may differ."""
