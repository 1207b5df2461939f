"""The monitor's calls, grouped by topic; `ETLMonitor` joins the groups."""
