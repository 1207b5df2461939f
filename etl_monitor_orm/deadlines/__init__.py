"""Deadlines: which promises are broken at a time, from facts alone. Nothing here reads a clock or a database."""
