"""Translate in, translate out: processes and their protocols. No decision is taken here."""
