"""SQLAlchemy dialects that know nothing of the monitor. They have separate names, found through entry points."""
