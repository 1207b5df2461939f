"""Creates the monitor's tables, or brings them to the revision of the installed package."""

import sys

from etl_monitor_orm import ETLMonitor

url, layout = sys.argv[1:]
monitor = ETLMonitor(url)
monitor.setup(layout=layout)
print(f"{monitor} is up to date.")
monitor.close()
