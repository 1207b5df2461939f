CREATE VIEW %(schema)s."v_taskDetail" AS
SELECT
    step."ProcessingDate", step."ProjectCode", step."ProcessLoad", step."ExecutionID",
    step."Attempts", step."WorkFlowID", step."SequenceCode", step."SequenceID", step."TaskName",
    step."TaskID", step."TaskMandatory", step."SourceSystemCode", step."Status", step."StartTime",
    step."EndTime", step."DurationSeconds", step."ExpectedDurationSeconds",
    coalesce(CASE
        WHEN (step."Status" IN ('NQUE', 'RQUE') AND step."StartTime" IS NOT NULL AND step."EndTime" IS NULL)
            THEN CAST(trunc(extract(epoch FROM (CURRENT_TIMESTAMP) - (step."StartTime"))) AS BIGINT)
        ELSE step."DurationSeconds"
    END > step."ExpectedDurationSeconds", false) AS "SLABreached",
    step."SourceType", step."SourceRunID", step."LogType", step."LogMessage", step."LastUpdatedBy",
    step."Status" IN ('NQUE', 'RQUE') AND step."StartTime" IS NOT NULL AND step."EndTime" IS NULL AS "IsRunning",
    step."FullFileName", step."InFilePath", step."OutFilePath", step."ForceSkip"
FROM %(schema)s."ETLProcessingSteps" AS step
