"""How long a test waits for what happens in another thread or process."""

PATIENT = 300
"""Seconds. It bounds a test that hangs, and nothing else: no result may depend on how busy the machine is."""
