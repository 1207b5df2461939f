"""`etl-monitor exec`: any program as a tracked task. The program's own result never depends on the monitor."""
