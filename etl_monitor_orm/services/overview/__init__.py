"""How everything stands, read at once: what a page or a chart of all processes shows."""
