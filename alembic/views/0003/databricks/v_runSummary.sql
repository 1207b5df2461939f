CREATE OR REPLACE VIEW %(schema)s.`v_runSummary` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`,
    count(*) AS `TotalTasks`,
    count(*) FILTER (WHERE step.`Status` = 'DONE') AS `Done`,
    count(*) FILTER (WHERE step.`Status` = 'FAIL') AS `Failed`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL OR task.`IsActive` IS true AND step.`ForceSkip` IS NOT true)) AS `Pending`,
    min(step.`StartTime`) AS `RunStart`,
    max(step.`EndTime`) AS `RunEnd`,
    CAST(sum(step.`DurationSeconds`) AS BIGINT) AS `TotalDurationSeconds`,
    CAST(CASE
        WHEN (max(step.`EndTime`) < min(step.`StartTime`)) THEN 0
        ELSE CAST((unix_micros(max(step.`EndTime`)) - unix_micros(min(step.`StartTime`))) DIV 1000000 AS BIGINT)
    END AS BIGINT) AS `WallClockSeconds`,
    CASE
        WHEN (count(*) FILTER (WHERE step.`Status` = 'FAIL' AND step.`TaskMandatory` IS true AND step.`ForceSkip` IS NOT true) > 0)
            THEN 'FAILED'
        WHEN (count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL OR task.`IsActive` IS true AND step.`ForceSkip` IS NOT true)) > 0)
            THEN 'RUNNING'
        ELSE 'COMPLETE'
    END AS `OverallStatus`,
    max(step.`LastUpdatedOn`) AS `LastActivity`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL) AS `Running`
FROM %(schema)s.`ETLProcessingSteps` AS step
LEFT OUTER JOIN %(schema)s.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = step.`ProjectCode`
    AND task.`ProcessLoad` = step.`ProcessLoad`
    AND task.`WorkFlowID` = step.`WorkFlowID`
    AND task.`TaskID` = step.`TaskID`
GROUP BY step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`, step.`Attempts`
