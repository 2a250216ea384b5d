"""Builders of the objects that a case is about, so that it shows only what matters to it."""
