CREATE VIEW %(schema)s."v_processStatus" AS
SELECT
    ranked."ProcessingDate", ranked."ProjectCode", ranked."ProcessLoad",
    max(process."ProcessName") AS "ProcessName",
    max(process."ProcessOwner") AS "ProcessOwner",
    max(ranked."Attempts") AS "LatestAttempt",
    max(runs."TotalRuns") AS "TotalRuns",
    count(*) FILTER (WHERE ranked."Status" = 'DONE') AS "Done",
    count(*) FILTER (WHERE ranked."Status" = 'FAIL') AS "Failed",
    count(*) FILTER (WHERE ranked."Status" IN ('NQUE', 'RQUE')) AS "Pending",
    min(ranked."StartTime") AS "RunStart",
    max(ranked."EndTime") AS "RunEnd",
    CAST(CASE
        WHEN (max(ranked."EndTime") < min(ranked."StartTime")) THEN 0
        ELSE CAST(trunc(extract(epoch FROM (max(ranked."EndTime")) - (min(ranked."StartTime")))) AS BIGINT)
    END AS BIGINT) AS "WallClockSeconds",
    max(ranked."Status") FILTER (WHERE ranked."WorkFlowID" = 0 AND ranked."TaskID" = 0) AS "OverallStatus",
    count(*) FILTER (WHERE ranked."Status" IN ('NQUE', 'RQUE') AND ranked."StartTime" IS NOT NULL AND ranked."EndTime" IS NULL) AS "Running"
FROM (
    SELECT
        attempt."ProcessingDate" AS "ProcessingDate", attempt."ProjectCode" AS "ProjectCode",
        attempt."ProcessLoad" AS "ProcessLoad", attempt."ExecutionID" AS "ExecutionID",
        attempt."WorkFlowID" AS "WorkFlowID", attempt."TaskID" AS "TaskID",
        attempt."SequenceID" AS "SequenceID", attempt."Attempts" AS "Attempts",
        attempt."Status" AS "Status", attempt."TaskName" AS "TaskName",
        attempt."SequenceCode" AS "SequenceCode", attempt."TaskMandatory" AS "TaskMandatory",
        attempt."SourceSystemCode" AS "SourceSystemCode", attempt."StartTime" AS "StartTime",
        attempt."EndTime" AS "EndTime", attempt."DurationSeconds" AS "DurationSeconds",
        attempt."LogMessage" AS "LogMessage", attempt."LogType" AS "LogType",
        attempt."LogCode" AS "LogCode", attempt."SourceType" AS "SourceType",
        attempt."SourceRunID" AS "SourceRunID", attempt."ClusterID" AS "ClusterID",
        attempt."LastUpdatedOn" AS "LastUpdatedOn", attempt."LastUpdatedBy" AS "LastUpdatedBy",
        row_number() OVER (
            PARTITION BY attempt."ProcessingDate", attempt."ProjectCode", attempt."ProcessLoad", attempt."WorkFlowID", attempt."TaskID"
            ORDER BY attempt."Attempts" DESC, attempt."LastUpdatedOn" DESC NULLS LAST, attempt."ExecutionID" DESC
        ) AS "Recency"
    FROM %(schema)s."ETLProcessingSteps" AS attempt
) AS ranked
JOIN (
    SELECT
        attempt."ProcessingDate" AS "ProcessingDate", attempt."ProjectCode" AS "ProjectCode",
        attempt."ProcessLoad" AS "ProcessLoad",
        count(DISTINCT attempt."ExecutionID") AS "TotalRuns"
    FROM %(schema)s."ETLProcessingSteps" AS attempt
    GROUP BY attempt."ProcessingDate", attempt."ProjectCode", attempt."ProcessLoad"
) AS runs
    ON runs."ProcessingDate" = ranked."ProcessingDate"
    AND runs."ProjectCode" = ranked."ProjectCode"
    AND runs."ProcessLoad" = ranked."ProcessLoad"
LEFT OUTER JOIN %(schema)s."ETLconfigProcess" AS process
    ON process."ProjectCode" = ranked."ProjectCode"
    AND process."ProcessLoad" = ranked."ProcessLoad"
WHERE ranked."Recency" = 1
GROUP BY ranked."ProcessingDate", ranked."ProjectCode", ranked."ProcessLoad"
