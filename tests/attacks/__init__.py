"""Attacks as data: users, moves, goals, and what plays and judges them."""
