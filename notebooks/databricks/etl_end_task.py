# Databricks notebook source
# MAGIC %md
# MAGIC # End a task
# MAGIC
# MAGIC Ends the step that the widgets name as DONE, and its watermark moves. With a `claim`, only that start is ended:
# MAGIC a late worker cannot end its successor's step.
# MAGIC
# MAGIC It needs `execution_id`, `project_code`, `process_load` and `task_id`; an empty widget is not given.
# MAGIC
# MAGIC Delete the two cells that install where the compute has `etl-monitor-orm[databricks]` as a library.

# COMMAND ----------

# MAGIC %pip install --quiet "etl-monitor-orm[databricks]"

# COMMAND ----------

dbutils.library.restartPython()

# COMMAND ----------

import json

from etl_monitor_orm import widgets

given = widgets.read(dbutils)
monitor = widgets.monitor(dbutils)

# COMMAND ----------

monitor.end_task(**given.of(monitor.end_task))

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"status": "DONE"}))
