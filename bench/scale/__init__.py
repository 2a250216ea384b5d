"""Measures both processes among many tokens: starts, changes, growth, and what an hour leaves behind."""
