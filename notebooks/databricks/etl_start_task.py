# Databricks notebook source
# MAGIC %md
# MAGIC # Start a task
# MAGIC
# MAGIC Starts the step that the widgets name. If two try, one succeeds. A step that may not start is refused, and the
# MAGIC notebook fails with the reason.
# MAGIC
# MAGIC It needs `execution_id`, `project_code`, `process_load` and `task_id`; an empty widget is not given. It ends
# MAGIC with JSON, and Data Factory passes the claim on: `@activity('Start').output.runOutput.claim`.
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

claim = monitor.start_task(**given.of(monitor.start_task))

# COMMAND ----------

dbutils.notebook.exit(json.dumps({"claim": str(claim)}))
