"""`python -m etl_monitor_orm`: the command `etl-monitor`."""

from etl_monitor_orm.cli import main

if __name__ == "__main__":
    main()
