# Databricks notebook source
# MAGIC %md
# MAGIC # 02 · What should run
# MAGIC
# MAGIC Describes two processes: an HR load that waits for a file, and a sales load. You can repeat it at any time, so
# MAGIC it belongs at the top of a pipeline: nothing is written where nothing changed, and a watermark that exists keeps
# MAGIC its value.

# COMMAND ----------

# MAGIC %run ./01-install

# COMMAND ----------

dbutils.widgets.text("landing", "/tmp/etl-monitor-landing")  # the folder in which files arrive, such as a volume's

LANDING = dbutils.widgets.get("landing")

# COMMAND ----------

# MAGIC %md
# MAGIC ## HR_DAILY
# MAGIC
# MAGIC Tasks of one stage (`sequence_id`) may run side by side; the stages follow each other. Task 1 of the second pass
# MAGIC (`workflow_id`) is another task than task 1 of the first.

# COMMAND ----------

from etl_monitor_orm import Organisation, Parameter, Process, Project, Task

HR = {"project_code": "CORP", "process_load": "HR_DAILY"}

monitor.register(
    [
        Organisation(organisation_code="GROUP", organisation_name="The group"),
        Project(project_code="CORP", project_name="Corporate data", organisation_code="GROUP"),
        Process(**HR, process_name="HR daily load", process_owner="HR team"),
        Parameter(**HR, parameter_name="SYSDT", parameter_type="SYSTEM"),
        Parameter(**HR, parameter_name="LoadEmployees", parameter_type="DELTA_DATE"),
        Parameter(**HR, parameter_name="LoadEvents", parameter_type="DELTA_ID", value_int=0),
        Task(**HR, task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation"),
        Task(**HR, task_id=1, workflow_id=1, sequence_id=1, task_name="Load settings"),
        Task(
            **HR,
            task_id=2,
            workflow_id=1,
            sequence_id=2,
            task_name="Load employees",
            source_system_code="LoadEmployees",
        ),
        Task(
            **HR,
            task_id=3,
            workflow_id=1,
            sequence_id=2,
            task_name="Load events",
            source_system_code="LoadEvents",
        ),
        Task(
            **HR,
            task_id=4,
            workflow_id=1,
            sequence_id=2,
            task_name="Load payroll file",
            file_name_mask="payroll",
            file_extension=".csv",
            in_file_path=LANDING,
        ),
        Task(
            **HR,
            task_id=5,
            workflow_id=1,
            sequence_id=6,
            task_name="Build mart",
            expected_duration_seconds=600,
        ),
        Task(**HR, task_id=1, workflow_id=2, sequence_id=6, task_name="Publish report", task_mandatory=False),
    ]
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## SALES_DAILY

# COMMAND ----------

SALES = {"project_code": "CORP", "process_load": "SALES_DAILY"}

monitor.register(
    [
        Process(**SALES, process_name="Sales daily load", process_owner="Sales team"),
        Parameter(**SALES, parameter_name="SYSDT", parameter_type="SYSTEM"),
        Parameter(**SALES, parameter_name="LoadOrders", parameter_type="DELTA_ID", value_int=0),
        Task(**SALES, task_id=0, workflow_id=0, sequence_id=0, task_name="Initiation"),
        Task(
            **SALES,
            task_id=1,
            workflow_id=1,
            sequence_id=2,
            task_name="Load orders",
            source_system_code="LoadOrders",
        ),
        Task(**SALES, task_id=2, workflow_id=1, sequence_id=2, task_name="Load returns"),
        Task(**SALES, task_id=3, workflow_id=1, sequence_id=6, task_name="Build sales mart"),
    ]
)

# COMMAND ----------

display(monitor.watermarks("CORP").to_pandas())
