"""Baselines: what is usual, and what is not, from numbers alone. Nothing here reads a clock or a database."""
