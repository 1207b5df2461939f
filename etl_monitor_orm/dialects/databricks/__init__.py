"""Databricks for SQLAlchemy, as `databricks+monitor://`: an engine adds nothing that its creator did not ask for."""

from etl_monitor_orm.dialects.databricks.stock import load_stock_dialect

load_stock_dialect()
