# Databricks notebook source
# MAGIC %md
# MAGIC # 01 · Install
# MAGIC
# MAGIC Installs the library on the notebook's own compute, connects, and creates or upgrades the monitor's tables. You
# MAGIC can run it at any time: it asks one question when the tables are up to date. The other notebooks begin with
# MAGIC `%run ./01-install`, or with its first cells.
# MAGIC
# MAGIC It needs Python 3.11 or later: Databricks Runtime 15.4 LTS or later, or serverless compute.

# COMMAND ----------

# MAGIC %pip install --quiet "etl-monitor-orm[databricks]"

# COMMAND ----------

dbutils.library.restartPython()

# COMMAND ----------

from etl_monitor_orm import widgets

monitor = widgets.monitor(dbutils)  # the widget etl_monitor_url, else the variable ETL_MONITOR_URL
monitor.setup()

print(monitor)
