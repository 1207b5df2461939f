CREATE VIEW %(schema)s."v_currentFailures" AS
SELECT
    ranked."ProcessingDate", ranked."ProjectCode", ranked."ProcessLoad", ranked."ExecutionID",
    ranked."WorkFlowID", ranked."SequenceCode", ranked."TaskName", ranked."TaskID",
    ranked."TaskMandatory", ranked."Attempts", ranked."Status", ranked."StartTime",
    ranked."LogType", ranked."LogMessage", ranked."SourceType", ranked."SourceRunID"
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
WHERE ranked."Recency" = 1
    AND ranked."Status" = 'FAIL'
