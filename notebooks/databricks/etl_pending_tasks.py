# Databricks notebook source
# MAGIC %md
# MAGIC # What is to be done
# MAGIC
# MAGIC Opens the run, and ends with its steps as JSON. The first call queues them, and only what is not DONE on that
# MAGIC date: a pipeline that is triggered again goes on where it stopped. Later calls of one `execution_id` add
# MAGIC nothing.
# MAGIC
# MAGIC | Of the JSON | A ForEach of Data Factory says |
# MAGIC |---|---|
# MAGIC | `ready`: what may start now, side by side | `@activity('Pending').output.runOutput.ready` |
# MAGIC | `pending`: all that is not DONE, in running order | `@activity('Pending').output.runOutput.pending` |
# MAGIC
# MAGIC Each item has the names of the widgets: `@string(item().task_id)`, `@item().execution_id`, and so on.
# MAGIC `active_value` is the watermark as text.
# MAGIC
# MAGIC It needs `project_code` and `process_load`. Without an `execution_id`, it joins the date's unfinished run.
# MAGIC `task_id`, `workflow_id` and `sequence_id` narrow both lists.
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

if "execution_id" in given:
    run = monitor.start_run(**given.of(monitor.start_run), resume=True)
else:
    run = monitor.join_run(**given.of(monitor.join_run))

pending = run.pending(**given.of(run.pending))
startable = {(step.workflow_id, step.task_id) for step in run.ready()}
ready = [step for step in pending.to_dicts() if (step["workflow_id"], step["task_id"]) in startable]

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "execution_id": run.execution_id,
            "processing_date": run.processing_date.isoformat(),
            "ready": ready,
            "pending": pending.to_dicts(),
        }
    )
)
