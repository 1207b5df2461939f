CREATE OR REPLACE VIEW %(schema)s.`v_processStatus` AS
SELECT
    days.`ProcessingDate`, days.`ProjectCode`, days.`ProcessLoad`, process.`ProcessName`,
    process.`ProcessOwner`, days.`LatestAttempt`, runs.`TotalRuns`, days.`Done`, days.`Failed`,
    days.`Pending`, days.`RunStart`, days.`RunEnd`, days.`WallClockSeconds`, days.`OverallStatus`,
    days.`Running`, days.`RunState`
FROM (
    SELECT
        newest.`ProcessingDate` AS `ProcessingDate`, newest.`ProjectCode` AS `ProjectCode`,
        newest.`ProcessLoad` AS `ProcessLoad`,
        max(newest.`Attempts`) AS `LatestAttempt`,
        count(*) FILTER (WHERE newest.`Status` = 'DONE') AS `Done`,
        count(*) FILTER (WHERE newest.`Status` = 'FAIL') AS `Failed`,
        count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND (newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL OR task.`IsActive` IS true AND newest.`ForceSkip` IS NOT true)) AS `Pending`,
        min(newest.`StartTime`) AS `RunStart`,
        max(newest.`EndTime`) AS `RunEnd`,
        CAST(CASE
            WHEN (max(newest.`EndTime`) < min(newest.`StartTime`)) THEN 0
            ELSE CAST((unix_micros(max(newest.`EndTime`)) - unix_micros(min(newest.`StartTime`))) DIV 1000000 AS BIGINT)
        END AS BIGINT) AS `WallClockSeconds`,
        max(newest.`Status`) FILTER (WHERE newest.`WorkFlowID` = 0 AND newest.`TaskID` = 0) AS `OverallStatus`,
        count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL) AS `Running`,
        CASE
            WHEN (count(*) FILTER (WHERE newest.`Status` = 'FAIL' AND newest.`TaskMandatory` IS true AND newest.`ForceSkip` IS NOT true AND task.`IsActive` IS true) > 0)
                THEN 'FAILED'
            WHEN (count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL) > 0)
                THEN 'RUNNING'
            WHEN (count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND (newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL OR task.`IsActive` IS true AND newest.`ForceSkip` IS NOT true)) > 0)
                THEN 'WAITING'
            ELSE 'COMPLETE'
        END AS `RunState`
    FROM (
        SELECT
            attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
            attempt.`ProcessLoad` AS `ProcessLoad`, attempt.`WorkFlowID` AS `WorkFlowID`,
            attempt.`TaskID` AS `TaskID`,
            max(attempt.`Attempts`) AS `Attempts`,
            max_by(attempt.`Status`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `Status`,
            max_by(attempt.`StartTime`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `StartTime`,
            max_by(attempt.`EndTime`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `EndTime`,
            max_by(attempt.`TaskMandatory`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `TaskMandatory`,
            max_by(attempt.`ForceSkip`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `ForceSkip`
        FROM %(schema)s.`ETLProcessingSteps` AS attempt
        GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
    ) AS newest
    LEFT OUTER JOIN %(schema)s.`ETLconfigTasks` AS task
        ON task.`ProjectCode` = newest.`ProjectCode`
        AND task.`ProcessLoad` = newest.`ProcessLoad`
        AND task.`WorkFlowID` = newest.`WorkFlowID`
        AND task.`TaskID` = newest.`TaskID`
    GROUP BY newest.`ProcessingDate`, newest.`ProjectCode`, newest.`ProcessLoad`
) AS days
JOIN (
    SELECT
        attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
        attempt.`ProcessLoad` AS `ProcessLoad`,
        count(DISTINCT attempt.`ExecutionID`) AS `TotalRuns`
    FROM %(schema)s.`ETLProcessingSteps` AS attempt
    GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`
) AS runs
    ON runs.`ProcessingDate` = days.`ProcessingDate`
    AND runs.`ProjectCode` = days.`ProjectCode`
    AND runs.`ProcessLoad` = days.`ProcessLoad`
LEFT OUTER JOIN %(schema)s.`ETLconfigProcess` AS process
    ON process.`ProjectCode` = days.`ProjectCode`
    AND process.`ProcessLoad` = days.`ProcessLoad`
