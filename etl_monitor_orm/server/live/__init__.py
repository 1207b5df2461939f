"""The page for people: the same as `etl-monitor report` writes, at an address, and of now."""
