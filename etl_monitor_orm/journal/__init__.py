"""What happens while the monitor is away: a warning, or a journal of the calls, sent when its database is back."""
