CREATE VIEW %(schema)s."v_currentFailures" AS
SELECT
    attempt."ProcessingDate", attempt."ProjectCode", attempt."ProcessLoad", attempt."ExecutionID",
    attempt."WorkFlowID", attempt."SequenceCode", attempt."TaskName", attempt."TaskID",
    attempt."TaskMandatory", attempt."Attempts", attempt."Status", attempt."StartTime",
    attempt."LogType", attempt."LogMessage", attempt."SourceType", attempt."SourceRunID",
    attempt."EndTime", attempt."SequenceID"
FROM %(schema)s."ETLProcessingSteps" AS attempt
WHERE attempt."Status" = 'FAIL'
    AND NOT (EXISTS (SELECT 1 FROM %(schema)s."ETLProcessingSteps" AS newer WHERE newer."ProcessingDate" = attempt."ProcessingDate" AND newer."ProjectCode" = attempt."ProjectCode" AND newer."ProcessLoad" = attempt."ProcessLoad" AND newer."WorkFlowID" = attempt."WorkFlowID" AND newer."TaskID" = attempt."TaskID" AND (newer."Attempts" > attempt."Attempts" OR newer."Attempts" = attempt."Attempts" AND (newer."LastUpdatedOn" > attempt."LastUpdatedOn" OR newer."LastUpdatedOn" IS NOT NULL AND attempt."LastUpdatedOn" IS NULL OR newer."LastUpdatedOn" IS NOT DISTINCT FROM attempt."LastUpdatedOn" AND newer."ExecutionID" > attempt."ExecutionID"))))
