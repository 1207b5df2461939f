"""What the monitor does, one module per concern: functions that take a session and never commit."""
