from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.reports import show
run = group("Start a run.")
run.command()(show)
