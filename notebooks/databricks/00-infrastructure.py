# Databricks notebook source
# MAGIC %md
# MAGIC # 00 · Infrastructure
# MAGIC
# MAGIC Once for each environment, by the owner of the catalog. This notebook changes nothing: it prints the statements
# MAGIC for the SQL editor. Run the first part now, and the second when `01-install` has made the tables.
# MAGIC
# MAGIC The monitor keeps its tables in one schema of Unity Catalog, and reaches them through a **SQL warehouse**; the
# MAGIC smallest size is enough. From the warehouse's page, *Connection details*, note the server hostname and the HTTP
# MAGIC path. The notebooks then need one URL:
# MAGIC
# MAGIC `databricks://HOSTNAME?http_path=HTTP_PATH&catalog=CATALOG`
# MAGIC
# MAGIC Set it as the variable `ETL_MONITOR_URL` on the compute (*Advanced*, *Spark*, *Environment variables*), or fill
# MAGIC in the widget `etl_monitor_url`. A notebook signs in as whoever runs it, so the URL needs no token. If yours has
# MAGIC one, keep it in a secret: `ETL_MONITOR_URL={{secrets/etl-monitor/url}}`.

# COMMAND ----------

dbutils.widgets.text("catalog", "main")
dbutils.widgets.text("schema", "etl")
dbutils.widgets.text("owner", "etl-owners")
dbutils.widgets.text("pipelines", "etl-pipelines")
dbutils.widgets.text("readers", "analysts")

# COMMAND ----------


def name(widget):
    """Return what a widget says as SQL writes a name."""
    value = dbutils.widgets.get(widget).strip()
    if not value:
        raise ValueError(f"The widget {widget} is empty. Fill it in.")
    return "`" + value.replace("`", "``") + "`"


CATALOG, SCHEMA = name("catalog"), f"{name('catalog')}.{name('schema')}"
ON_THE_SCHEMA = {
    "owner": "USE SCHEMA, CREATE TABLE, SELECT, MODIFY",  # creates the tables, and migrates them later
    "pipelines": "USE SCHEMA",  # run loads
    "readers": "USE SCHEMA",  # look
}

print("-- 1. Now")
print(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};")
for who, what in ON_THE_SCHEMA.items():
    print(f"GRANT USE CATALOG ON CATALOG {CATALOG} TO {name(who)};")
    print(f"GRANT {what} ON SCHEMA {SCHEMA} TO {name(who)};")

# COMMAND ----------

# Table by table: what is granted on the schema includes the tokens of `etl-monitor serve`.
TABLES = (
    "ETLOrganisation",
    "ETLconfigProject",
    "ETLconfigProcess",
    "ETLconfigSequence",
    "ETLconfigTasks",
    "ETLconfigParameters",
    "ETLProcessingSteps",
    "ETLsysLogs",
    "ETLholidays",
    "ETLbreaches",
    "ETLmetrics",
)
VIEWS = (
    "v_processStatus",
    "v_runSummary",
    "v_taskDetail",
    "v_mandatoryBlockers",
    "v_currentFailures",
    "v_watermarks",
    "v_overdue",
)

print("-- 2. When the tables are there")
for who, what in {"pipelines": "SELECT, MODIFY", "readers": "SELECT"}.items():
    print(f"GRANT SELECT ON TABLE {SCHEMA}.etl_monitor_version TO {name(who)};")
    for table in TABLES:
        print(f"GRANT {what} ON TABLE {SCHEMA}.{table} TO {name(who)};")
    for view in VIEWS:
        print(f"GRANT SELECT ON VIEW {SCHEMA}.{view} TO {name(who)};")
