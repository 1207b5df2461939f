# Databricks notebook source
# MAGIC %md
# MAGIC # Fail a task
# MAGIC
# MAGIC Ends the step that the widgets name as FAIL, with `log_message` as its reason. What comes after a mandatory task
# MAGIC waits until it is queued again. The notebook itself succeeds: the pipeline decides how it goes on.
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

monitor.fail_task(**given.of(monitor.fail_task))

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"status": "FAIL"}))
