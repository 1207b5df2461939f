"""What the monitor costs beside the plainest way to do the same work."""
