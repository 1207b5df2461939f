# Databricks notebook source
# MAGIC %md
# MAGIC # 03 · Run
# MAGIC
# MAGIC One night of two processes, with what happens in nights: a file that is late, a second try, a repeated trigger,
# MAGIC a day that is done again, a full load, a day in the past, and a task that is left out. The work itself is a few
# MAGIC lines of Python; put your own in its place.

# COMMAND ----------

# MAGIC %run ./02-config

# COMMAND ----------

from datetime import date, timedelta

given = widgets.read(dbutils)
DAY = date.fromisoformat(given.get("processing_date", "2026-04-09"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The work
# MAGIC
# MAGIC A function for each task, by the task's name. It gets the task's handle, and the step: its file, its folder, its
# MAGIC watermark.

# COMMAND ----------

from pathlib import Path

EVENTS = {1: "hired", 2: "moved", 3: "left"}
ORDERS = {101: "ink", 102: "paper"}


def file_of(step):
    """Return the file that a step waits for."""
    return Path(step.in_file_path) / step.full_file_name


def read_after(source, task):
    """Read the rows of a source after the task's watermark, and move the watermark together with DONE."""
    new = [number for number in source if number > task.watermark_id]
    if new:
        task.advance(max(new))
    task.log_message = f"{len(new)} rows"


JOBS = {
    "Initiation": lambda task, step: None,
    "Load settings": lambda task, step: None,
    "Load employees": lambda task, step: print("Employees changed since", task.watermark),
    "Load events": lambda task, step: read_after(EVENTS, task),
    "Load payroll file": lambda task, step: file_of(step).read_text(),
    "Build mart": lambda task, step: None,
    "Publish report": lambda task, step: None,
    "Load orders": lambda task, step: read_after(ORDERS, task),
    "Load returns": lambda task, step: None,
    "Build sales mart": lambda task, step: None,
}

# COMMAND ----------

# MAGIC %md
# MAGIC `run.ready()` says what may start now. So a dispatcher asks, does those steps side by side, and asks again,
# MAGIC until nothing is ready: because all is done, or because a failure blocks.

# COMMAND ----------

from concurrent.futures import ThreadPoolExecutor

from etl_monitor_orm import EtlMonitorError


def work(run, step):
    """Do one step. What its job raises is recorded, and printed."""
    try:
        with run.task(step.task_id, step.workflow_id, source_type="DBX_NOTEBOOK") as task:
            JOBS[step.task_name](task, step)
    except EtlMonitorError:
        raise  # the monitor's own: to go on would repeat it
    except Exception as error:
        print(f"{step.task_name} failed: {type(error).__name__}")


def work_off(run):
    """Do what may run, the steps of a stage side by side."""
    with ThreadPoolExecutor(max_workers=4) as workers:
        while steps := run.ready():
            list(workers.map(lambda step: work(run, step), steps))


# COMMAND ----------

# MAGIC %md
# MAGIC ## A night with a failure
# MAGIC
# MAGIC The payroll file of the day is not there. The tasks beside it are done; what comes after it waits.

# COMMAND ----------

run = monitor.start_run(**HR, processing_date=DAY, execution_id=given.get("execution_id"))
(waits_for_a_file,) = run.pending(task_id=4)
payroll = file_of(waits_for_a_file)
payroll.unlink(missing_ok=True)  # for a second look at this notebook

work_off(run)
blockers = monitor.failures(**HR, processing_date=DAY, mandatory=True)
print("Ready:", len(run.ready()), "Blocked by:", [blocker.task_name for blocker in blockers])

# COMMAND ----------

display(blockers.to_pandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## The second try
# MAGIC
# MAGIC The file has come. A reset queues what failed as new attempts; what is DONE stays DONE, and the failed attempt
# MAGIC stays in the history.

# COMMAND ----------

payroll.parent.mkdir(parents=True, exist_ok=True)
payroll.write_text("employee,amount\n1,100\n")

run.reset(remark="The payroll file has come")
work_off(run)
run.raise_for_failures()

display(run.status(attempts="all").to_pandas())

# COMMAND ----------

# MAGIC %md
# MAGIC ## Triggered again
# MAGIC
# MAGIC A scheduler starts the same day once more, with an id of its own. `resume=True` queues only what is not DONE:
# MAGIC nothing.

# COMMAND ----------

again = monitor.start_run(**HR, processing_date=DAY, resume=True)

print("Pending:", len(again.pending()))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The day, done again
# MAGIC
# MAGIC A rule was wrong, and the day is to be loaded again: `replay=True` queues DONE steps too.

# COMMAND ----------

queued = run.reset(replay=True, remark="Rule 7 was wrong")
print("Queued again:", len(queued))

work_off(run)
run.raise_for_failures()

# COMMAND ----------

# MAGIC %md
# MAGIC ## Modes
# MAGIC
# MAGIC *Bulk* empties the watermarks, so that the next run reads everything. What is changed is returned, and kept in
# MAGIC `ETLsysLogs`.

# COMMAND ----------

display(monitor.set_processing_mode(**HR, is_bulk_mode=True).to_pandas())

full = monitor.start_run(**HR, processing_date=DAY + timedelta(days=1))
file_of(full.pending(task_id=4)[0]).write_text("employee,amount\n1,100\n")
work_off(full)
full.raise_for_failures()

# COMMAND ----------

# MAGIC %md
# MAGIC *Historic* works on a past date: a run that names none gets it, and the live watermarks stay where they are.
# MAGIC Without a mode the process is live again.

# COMMAND ----------


def active_values():
    """Return the watermarks of the process, by name."""
    return {row.parameter_name: row.active_value for row in monitor.watermarks(**HR)}


before = active_values()
monitor.set_processing_mode(**HR, is_historic_mode=True, historic_date=DAY - timedelta(days=99))

past = monitor.start_run(**HR)
file_of(past.pending(task_id=4)[0]).write_text("employee,amount\n1,100\n")
work_off(past)
past.raise_for_failures()

monitor.set_processing_mode(**HR)
moved = [name for name, value in active_values().items() if value != before[name]]
print(past.processing_date, "is done; watermarks that moved:", moved)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The second process, as an orchestrator reports it
# MAGIC
# MAGIC Data Factory and other tools start and end a step by two calls. The *claim* that the first returns makes sure
# MAGIC that the second ends this start and no other. The notebooks `etl_start_task`, `etl_end_task` and `etl_fail_task`
# MAGIC make these calls for a pipeline.
# MAGIC
# MAGIC *Load returns* is left out of this run; the next run includes it again.

# COMMAND ----------

sales = monitor.start_run(**SALES, processing_date=DAY)
STEP = {**SALES, "execution_id": sales.execution_id, "processing_date": sales.processing_date}

with sales.task("Initiation"):
    pass
claim = monitor.start_task(**STEP, task_id=1, source_type="ADF_PIPELINE", source_run_id="pipeline-1")
monitor.fail_task(**STEP, task_id=1, log_message="The source is closed", claim=claim)

# COMMAND ----------

sales.reset()
sales.skip("Load returns")  # after the reset, which includes a skipped task again

with sales.task("Initiation"):
    pass
claim = monitor.start_task(**STEP, task_id=1, source_type="ADF_PIPELINE", source_run_id="pipeline-2")
monitor.end_task(**STEP, task_id=1, log_message="2 rows", advance=102, claim=claim)

work_off(sales)
sales.raise_for_failures()

# COMMAND ----------

# MAGIC %md
# MAGIC ## How it stands

# COMMAND ----------

display(monitor.processes("CORP").to_pandas())

# COMMAND ----------

display(monitor.watermarks("CORP").to_pandas())
