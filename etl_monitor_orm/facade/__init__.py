"""The monitor's calls, grouped by what they are about; `ETLMonitor` joins the groups."""
