CREATE VIEW %(schema)s.v_watermarks AS
SELECT
    parameter."ProjectCode", parameter."ProcessLoad", parameter."ParameterName",
    parameter."ParameterType", parameter."ParameterDescription", parameter."ValueINT",
    parameter."ValueDateTime", parameter."ValueBIT",
    CASE
        WHEN (parameter."ParameterType" = 'DELTA_ID') THEN CAST(parameter."ValueINT" AS VARCHAR)
        WHEN (parameter."ParameterType" = 'FLAG') THEN CASE
            WHEN (parameter."ValueBIT" IS true) THEN 'true'
            WHEN (parameter."ValueBIT" IS false) THEN 'false'
        END
        ELSE CAST(timezone('UTC', parameter."ValueDateTime") AS VARCHAR)
    END AS "ActiveValue",
    CASE
        WHEN (parameter."ParameterType" = 'DELTA_DATE')
            THEN coalesce('DELTA: ' || CAST(timezone('UTC', parameter."ValueDateTime") AS VARCHAR), 'BULK MODE')
        WHEN (parameter."ParameterType" = 'DELTA_ID' AND parameter."ValueINT" > 0)
            THEN 'DELTA: ' || CAST(parameter."ValueINT" AS VARCHAR)
        WHEN (parameter."ParameterType" = 'DELTA_ID') THEN 'BULK MODE'
        WHEN (parameter."ParameterType" = 'SYSTEM')
            THEN coalesce('HISTORIC: ' || CAST(timezone('UTC', parameter."ValueDateTime") AS VARCHAR), 'LIVE DATE')
        ELSE CASE
            WHEN (parameter."ValueBIT" IS true) THEN 'true'
            WHEN (parameter."ValueBIT" IS false) THEN 'false'
        END
    END AS "WatermarkState",
    linked."LinkedTaskName", parameter."LastUpdatedOn", parameter."LastUpdatedBy", parameter."SetOn"
FROM %(schema)s."ETLconfigParameters" AS parameter
LEFT OUTER JOIN (
    SELECT
        task."ProjectCode" AS "ProjectCode", task."ProcessLoad" AS "ProcessLoad",
        task."SourceSystemCode" AS "SourceSystemCode",
        min(task."TaskName") AS "LinkedTaskName"
    FROM %(schema)s."ETLconfigTasks" AS task
    WHERE task."SourceSystemCode" IS NOT NULL
    GROUP BY task."ProjectCode", task."ProcessLoad", task."SourceSystemCode"
) AS linked
    ON linked."ProjectCode" = parameter."ProjectCode"
    AND linked."ProcessLoad" = parameter."ProcessLoad"
    AND linked."SourceSystemCode" = parameter."ParameterName"
