-- Tables and views of the ETL monitor: catalog main, schema etl, layout partitioned.
-- Each statement commits by itself and can be run again: after an interruption, run all of them once more,
-- except an ADD COLUMN whose column is there.
-- Rights: USE CATALOG; USE SCHEMA, CREATE TABLE, SELECT and MODIFY on the schema; CREATE SCHEMA on the catalog,
-- unless the schema is there: then leave out the statement that makes it.

USE CATALOG main;

-- The revision is noted in etl_monitor_version. What alembic_version notes is not taken over by this script:
-- where releases before 0.1.0 made the tables, run `etl-monitor db upgrade` on the database instead.

CREATE SCHEMA IF NOT EXISTS etl;

CREATE TABLE IF NOT EXISTS etl.etl_monitor_version (
    version_num STRING NOT NULL,
    readable_from STRING,
    CONSTRAINT etl_monitor_version_pkc PRIMARY KEY (version_num)
) USING DELTA
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

-- Running upgrade  -> 0001

CREATE TABLE IF NOT EXISTS etl.`ETLconfigSequence` (
    `SequenceID` INT NOT NULL COMMENT 'Position of the stage; custom ones start at 10',
    `SequenceCode` STRING NOT NULL COMMENT 'Short code of the stage',
    `SequenceName` STRING COMMENT 'Name for people',
    `SequenceDescription` STRING COMMENT 'What tasks of this stage do',
    `SortOrder` INT COMMENT 'Order in listings',
    `IsActive` BOOLEAN COMMENT 'Whether the stage is in use',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLconfigSequence` PRIMARY KEY (`SequenceID`)
) USING DELTA
COMMENT 'Stages that order the tasks of a pass; 0 to 6 belong to the framework'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLconfigProcess` (
    `ProjectCode` STRING NOT NULL COMMENT 'Project that owns the load',
    `ProcessLoad` STRING NOT NULL COMMENT 'Name of the load within its project',
    `ProcessName` STRING COMMENT 'Name for people',
    `ProcessDescription` STRING COMMENT 'What the load delivers',
    `ProcessOwner` STRING COMMENT 'Person or team to ask',
    `LoadFrequency` STRING COMMENT 'How often it is due: D, W, M, Y, or A for ad hoc',
    `IsActive` BOOLEAN COMMENT 'Whether new runs may start; history stays either way',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLconfigProcess` PRIMARY KEY (`ProjectCode`, `ProcessLoad`)
) USING DELTA
COMMENT 'Registered domain loads, one row each'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLconfigTasks` (
    `TaskID` INT NOT NULL COMMENT 'Number within process and pass; 0 is the initiation',
    `ProjectCode` STRING NOT NULL COMMENT 'Project of the process',
    `ProcessLoad` STRING NOT NULL COMMENT 'Process of the task',
    `WorkFlowID` INT NOT NULL COMMENT 'Pass over the data; 0 is the initiation',
    `SequenceID` INT NOT NULL COMMENT 'Stage within the pass',
    `TaskName` STRING NOT NULL COMMENT 'Name for people',
    `TaskDescription` STRING COMMENT 'What the task does',
    `SourceType` STRING COMMENT 'Kind of job: ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK or DATAFLOW',
    `SourceIdentifier` STRING COMMENT 'Which job: a pipeline\'s name, a notebook\'s path, a job\'s id',
    `SourceSystemCode` STRING COMMENT 'Name of the parameter that holds the task\'s watermark',
    `LoadFrequency` STRING COMMENT 'How often it is due: D, W, M, Y, or A for ad hoc',
    `TaskMandatory` BOOLEAN COMMENT 'Whether its failure blocks what follows',
    `ExpectedDurationSeconds` INT COMMENT 'Longest acceptable duration in seconds; NULL means no limit',
    `IsActive` BOOLEAN COMMENT 'Whether runs include the task; history stays either way',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLconfigTasks` PRIMARY KEY (`TaskID`, `ProjectCode`, `ProcessLoad`, `WorkFlowID`)
) USING DELTA
COMMENT 'Units of work of each process, and where in its order they stand'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLconfigParameters` (
    `ProjectCode` STRING NOT NULL COMMENT 'Project of the process',
    `ProcessLoad` STRING NOT NULL COMMENT 'Process of the parameter',
    `ParameterName` STRING NOT NULL COMMENT 'Name; tasks refer to it in SourceSystemCode',
    `ParameterDescription` STRING COMMENT 'What the value means',
    `ParameterType` STRING NOT NULL COMMENT 'DELTA_DATE, DELTA_ID, FLAG or SYSTEM: which value counts',
    `ValueINT` BIGINT COMMENT 'Value of a DELTA_ID',
    `ValueDateTime` TIMESTAMP COMMENT 'Value of a DELTA_DATE or SYSTEM parameter (UTC)',
    `ValueBIT` BOOLEAN COMMENT 'Value of a FLAG',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLconfigParameters` PRIMARY KEY (`ProjectCode`, `ProcessLoad`, `ParameterName`)
) USING DELTA
COMMENT 'Watermarks and settings of each process, typed'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLProcessingSteps` (
    `ProcessingDate` DATE NOT NULL COMMENT 'Business date that the run works on',
    `ProjectCode` STRING NOT NULL COMMENT 'Project of the process',
    `ProcessLoad` STRING NOT NULL COMMENT 'Process of the run',
    `ExecutionID` STRING NOT NULL COMMENT 'The run: one execution on one date',
    `WorkFlowID` INT NOT NULL COMMENT 'Pass over the data; 0 is the initiation',
    `TaskID` INT NOT NULL COMMENT 'Task within process and pass',
    `SequenceID` INT NOT NULL COMMENT 'Stage within the pass',
    `Attempts` INT NOT NULL COMMENT 'Number of this attempt, counted from 0 per process and date',
    `Status` STRING NOT NULL COMMENT 'NQUE, RQUE, DONE or FAIL',
    `TaskName` STRING COMMENT 'The task\'s name when it was queued',
    `SequenceCode` STRING COMMENT 'The stage\'s code when it was queued',
    `TaskMandatory` BOOLEAN COMMENT 'Whether failure blocks what follows, as of when it was queued',
    `SourceSystemCode` STRING COMMENT 'The task\'s watermark parameter when it was queued',
    `StartTime` TIMESTAMP COMMENT 'When the work began (UTC); NULL while queued',
    `EndTime` TIMESTAMP COMMENT 'When the work ended (UTC)',
    `DurationSeconds` INT COMMENT 'Whole seconds from start to end; NULL when never started',
    `LogMessage` STRING COMMENT 'Last word of the job, at most 2,000 characters',
    `LogType` STRING COMMENT 'INFO, WARN or ERROR',
    `LogCode` STRING COMMENT 'Code of the message, for programs',
    `SourceType` STRING COMMENT 'Kind of job',
    `SourceRunID` STRING COMMENT 'The job\'s own run id where it ran',
    `ClusterID` STRING COMMENT 'Cluster that did the work',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed, heartbeats included (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLProcessingSteps` PRIMARY KEY (`ProcessingDate`, `ProjectCode`, `ProcessLoad`, `ExecutionID`, `WorkFlowID`, `TaskID`, `SequenceID`, `Attempts`)
) USING DELTA
PARTITIONED BY (`ProcessingDate`)
COMMENT 'Every attempt of every step, with its state, times and message'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLsysLogs` (
    `_ID` BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY COMMENT 'Number of the row, given by the database',
    `ProcessingDate` DATE COMMENT 'Business date of the run',
    `ProjectCode` STRING COMMENT 'Project of the process',
    `ProcessLoad` STRING COMMENT 'Process of the run',
    `SourceType` STRING COMMENT 'Kind of job that reports',
    `RunID` STRING COMMENT 'The job\'s own run id where it ran',
    `ExecutionID` STRING COMMENT 'The run, when there is one',
    `CorrelationID` STRING COMMENT 'Id that ties records of several systems together',
    `PipelineName` STRING COMMENT 'Pipeline, job or logger',
    `ActivityName` STRING COMMENT 'Activity or task within it',
    `OperationName` STRING COMMENT 'What was being done',
    `Level` INT COMMENT '0 debug, 1 info, 2 warn, 3 error',
    `LogTimeUTC` TIMESTAMP COMMENT 'When it happened (UTC)',
    `Message` STRING COMMENT 'The text, whole',
    CONSTRAINT `pk_ETLsysLogs` PRIMARY KEY (`_ID`)
) USING DELTA
PARTITIONED BY (`ProcessingDate`)
COMMENT 'Run receipts and log records, append-only'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE OR REPLACE VIEW etl.`v_processStatus` AS
SELECT
    ranked.`ProcessingDate`, ranked.`ProjectCode`, ranked.`ProcessLoad`,
    max(process.`ProcessName`) AS `ProcessName`,
    max(process.`ProcessOwner`) AS `ProcessOwner`,
    max(ranked.`Attempts`) AS `LatestAttempt`,
    max(runs.`TotalRuns`) AS `TotalRuns`,
    count(*) FILTER (WHERE ranked.`Status` = 'DONE') AS `Done`,
    count(*) FILTER (WHERE ranked.`Status` = 'FAIL') AS `Failed`,
    count(*) FILTER (WHERE ranked.`Status` IN ('NQUE', 'RQUE')) AS `Pending`,
    min(ranked.`StartTime`) AS `RunStart`,
    max(ranked.`EndTime`) AS `RunEnd`,
    CAST(CASE
        WHEN (max(ranked.`EndTime`) < min(ranked.`StartTime`)) THEN 0
        ELSE CAST(timestampdiff(SECOND, min(ranked.`StartTime`), max(ranked.`EndTime`)) AS INT)
    END AS BIGINT) AS `WallClockSeconds`,
    max(ranked.`Status`) FILTER (WHERE ranked.`WorkFlowID` = 0 AND ranked.`TaskID` = 0) AS `OverallStatus`,
    count(*) FILTER (WHERE ranked.`Status` IN ('NQUE', 'RQUE') AND ranked.`StartTime` IS NOT NULL AND ranked.`EndTime` IS NULL) AS `Running`
FROM (
    SELECT
        attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
        attempt.`ProcessLoad` AS `ProcessLoad`, attempt.`ExecutionID` AS `ExecutionID`,
        attempt.`WorkFlowID` AS `WorkFlowID`, attempt.`TaskID` AS `TaskID`,
        attempt.`SequenceID` AS `SequenceID`, attempt.`Attempts` AS `Attempts`,
        attempt.`Status` AS `Status`, attempt.`TaskName` AS `TaskName`,
        attempt.`SequenceCode` AS `SequenceCode`, attempt.`TaskMandatory` AS `TaskMandatory`,
        attempt.`SourceSystemCode` AS `SourceSystemCode`, attempt.`StartTime` AS `StartTime`,
        attempt.`EndTime` AS `EndTime`, attempt.`DurationSeconds` AS `DurationSeconds`,
        attempt.`LogMessage` AS `LogMessage`, attempt.`LogType` AS `LogType`,
        attempt.`LogCode` AS `LogCode`, attempt.`SourceType` AS `SourceType`,
        attempt.`SourceRunID` AS `SourceRunID`, attempt.`ClusterID` AS `ClusterID`,
        attempt.`LastUpdatedOn` AS `LastUpdatedOn`, attempt.`LastUpdatedBy` AS `LastUpdatedBy`,
        row_number() OVER (
            PARTITION BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
            ORDER BY attempt.`Attempts` DESC, attempt.`LastUpdatedOn` DESC NULLS LAST, attempt.`ExecutionID` DESC
        ) AS `Recency`
    FROM etl.`ETLProcessingSteps` AS attempt
) AS ranked
JOIN (
    SELECT
        attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
        attempt.`ProcessLoad` AS `ProcessLoad`,
        count(DISTINCT attempt.`ExecutionID`) AS `TotalRuns`
    FROM etl.`ETLProcessingSteps` AS attempt
    GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`
) AS runs
    ON runs.`ProcessingDate` = ranked.`ProcessingDate`
    AND runs.`ProjectCode` = ranked.`ProjectCode`
    AND runs.`ProcessLoad` = ranked.`ProcessLoad`
LEFT OUTER JOIN etl.`ETLconfigProcess` AS process
    ON process.`ProjectCode` = ranked.`ProjectCode`
    AND process.`ProcessLoad` = ranked.`ProcessLoad`
WHERE ranked.`Recency` = 1
GROUP BY ranked.`ProcessingDate`, ranked.`ProjectCode`, ranked.`ProcessLoad`;

CREATE OR REPLACE VIEW etl.`v_runSummary` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`,
    count(*) AS `TotalTasks`,
    count(*) FILTER (WHERE step.`Status` = 'DONE') AS `Done`,
    count(*) FILTER (WHERE step.`Status` = 'FAIL') AS `Failed`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE')) AS `Pending`,
    min(step.`StartTime`) AS `RunStart`,
    max(step.`EndTime`) AS `RunEnd`,
    CAST(sum(step.`DurationSeconds`) AS BIGINT) AS `TotalDurationSeconds`,
    CAST(CASE
        WHEN (max(step.`EndTime`) < min(step.`StartTime`)) THEN 0
        ELSE CAST(timestampdiff(SECOND, min(step.`StartTime`), max(step.`EndTime`)) AS INT)
    END AS BIGINT) AS `WallClockSeconds`,
    CASE
        WHEN (count(*) FILTER (WHERE step.`Status` = 'FAIL' AND step.`TaskMandatory` IS true) > 0)
            THEN 'FAILED'
        WHEN (count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE')) > 0) THEN 'RUNNING'
        ELSE 'COMPLETE'
    END AS `OverallStatus`,
    max(step.`LastUpdatedOn`) AS `LastActivity`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL) AS `Running`
FROM etl.`ETLProcessingSteps` AS step
GROUP BY step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`, step.`Attempts`;

CREATE OR REPLACE VIEW etl.`v_taskDetail` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`, step.`WorkFlowID`, step.`SequenceCode`, step.`SequenceID`, step.`TaskName`,
    step.`TaskID`, step.`TaskMandatory`, step.`SourceSystemCode`, step.`Status`, step.`StartTime`,
    step.`EndTime`, step.`DurationSeconds`, task.`ExpectedDurationSeconds`,
    coalesce(CASE
        WHEN (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL)
            THEN CAST(timestampdiff(SECOND, step.`StartTime`, CURRENT_TIMESTAMP) AS INT)
        ELSE step.`DurationSeconds`
    END > task.`ExpectedDurationSeconds`, false) AS `SLABreached`,
    step.`SourceType`, step.`SourceRunID`, step.`LogType`, step.`LogMessage`, step.`LastUpdatedBy`,
    step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL AS `IsRunning`
FROM etl.`ETLProcessingSteps` AS step
LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = step.`ProjectCode`
    AND task.`ProcessLoad` = step.`ProcessLoad`
    AND task.`WorkFlowID` = step.`WorkFlowID`
    AND task.`TaskID` = step.`TaskID`;

CREATE OR REPLACE VIEW etl.`v_mandatoryBlockers` AS
SELECT
    ranked.`ProcessingDate`, ranked.`ProjectCode`, ranked.`ProcessLoad`, ranked.`ExecutionID`,
    ranked.`WorkFlowID`, ranked.`SequenceCode`, ranked.`TaskName`, ranked.`TaskID`,
    ranked.`Attempts`, ranked.`Status`, ranked.`StartTime`, ranked.`LogType`, ranked.`LogMessage`,
    ranked.`SourceType`, ranked.`SourceSystemCode`
FROM (
    SELECT
        attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
        attempt.`ProcessLoad` AS `ProcessLoad`, attempt.`ExecutionID` AS `ExecutionID`,
        attempt.`WorkFlowID` AS `WorkFlowID`, attempt.`TaskID` AS `TaskID`,
        attempt.`SequenceID` AS `SequenceID`, attempt.`Attempts` AS `Attempts`,
        attempt.`Status` AS `Status`, attempt.`TaskName` AS `TaskName`,
        attempt.`SequenceCode` AS `SequenceCode`, attempt.`TaskMandatory` AS `TaskMandatory`,
        attempt.`SourceSystemCode` AS `SourceSystemCode`, attempt.`StartTime` AS `StartTime`,
        attempt.`EndTime` AS `EndTime`, attempt.`DurationSeconds` AS `DurationSeconds`,
        attempt.`LogMessage` AS `LogMessage`, attempt.`LogType` AS `LogType`,
        attempt.`LogCode` AS `LogCode`, attempt.`SourceType` AS `SourceType`,
        attempt.`SourceRunID` AS `SourceRunID`, attempt.`ClusterID` AS `ClusterID`,
        attempt.`LastUpdatedOn` AS `LastUpdatedOn`, attempt.`LastUpdatedBy` AS `LastUpdatedBy`,
        row_number() OVER (
            PARTITION BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
            ORDER BY attempt.`Attempts` DESC, attempt.`LastUpdatedOn` DESC NULLS LAST, attempt.`ExecutionID` DESC
        ) AS `Recency`
    FROM etl.`ETLProcessingSteps` AS attempt
) AS ranked
WHERE ranked.`Recency` = 1
    AND ranked.`Status` = 'FAIL'
    AND ranked.`TaskMandatory` IS true;

CREATE OR REPLACE VIEW etl.`v_currentFailures` AS
SELECT
    ranked.`ProcessingDate`, ranked.`ProjectCode`, ranked.`ProcessLoad`, ranked.`ExecutionID`,
    ranked.`WorkFlowID`, ranked.`SequenceCode`, ranked.`TaskName`, ranked.`TaskID`,
    ranked.`TaskMandatory`, ranked.`Attempts`, ranked.`Status`, ranked.`StartTime`,
    ranked.`LogType`, ranked.`LogMessage`, ranked.`SourceType`, ranked.`SourceRunID`
FROM (
    SELECT
        attempt.`ProcessingDate` AS `ProcessingDate`, attempt.`ProjectCode` AS `ProjectCode`,
        attempt.`ProcessLoad` AS `ProcessLoad`, attempt.`ExecutionID` AS `ExecutionID`,
        attempt.`WorkFlowID` AS `WorkFlowID`, attempt.`TaskID` AS `TaskID`,
        attempt.`SequenceID` AS `SequenceID`, attempt.`Attempts` AS `Attempts`,
        attempt.`Status` AS `Status`, attempt.`TaskName` AS `TaskName`,
        attempt.`SequenceCode` AS `SequenceCode`, attempt.`TaskMandatory` AS `TaskMandatory`,
        attempt.`SourceSystemCode` AS `SourceSystemCode`, attempt.`StartTime` AS `StartTime`,
        attempt.`EndTime` AS `EndTime`, attempt.`DurationSeconds` AS `DurationSeconds`,
        attempt.`LogMessage` AS `LogMessage`, attempt.`LogType` AS `LogType`,
        attempt.`LogCode` AS `LogCode`, attempt.`SourceType` AS `SourceType`,
        attempt.`SourceRunID` AS `SourceRunID`, attempt.`ClusterID` AS `ClusterID`,
        attempt.`LastUpdatedOn` AS `LastUpdatedOn`, attempt.`LastUpdatedBy` AS `LastUpdatedBy`,
        row_number() OVER (
            PARTITION BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
            ORDER BY attempt.`Attempts` DESC, attempt.`LastUpdatedOn` DESC NULLS LAST, attempt.`ExecutionID` DESC
        ) AS `Recency`
    FROM etl.`ETLProcessingSteps` AS attempt
) AS ranked
WHERE ranked.`Recency` = 1
    AND ranked.`Status` = 'FAIL';

CREATE OR REPLACE VIEW etl.v_watermarks AS
SELECT
    parameter.`ProjectCode`, parameter.`ProcessLoad`, parameter.`ParameterName`,
    parameter.`ParameterType`, parameter.`ParameterDescription`, parameter.`ValueINT`,
    parameter.`ValueDateTime`, parameter.`ValueBIT`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'FLAG') THEN CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
        ELSE CAST(timestampadd(MICROSECOND, unix_micros(parameter.`ValueDateTime`), TIMESTAMP_NTZ'1970-01-01 00:00:00') AS STRING)
    END AS `ActiveValue`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_DATE')
            THEN coalesce('DELTA: ' || CAST(timestampadd(MICROSECOND, unix_micros(parameter.`ValueDateTime`), TIMESTAMP_NTZ'1970-01-01 00:00:00') AS STRING), 'BULK MODE')
        WHEN (parameter.`ParameterType` = 'DELTA_ID' AND parameter.`ValueINT` > 0)
            THEN 'DELTA: ' || CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN 'BULK MODE'
        WHEN (parameter.`ParameterType` = 'SYSTEM')
            THEN coalesce('HISTORIC: ' || CAST(timestampadd(MICROSECOND, unix_micros(parameter.`ValueDateTime`), TIMESTAMP_NTZ'1970-01-01 00:00:00') AS STRING), 'LIVE DATE')
        ELSE CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
    END AS `WatermarkState`,
    linked.`LinkedTaskName`, parameter.`LastUpdatedOn`, parameter.`LastUpdatedBy`
FROM etl.`ETLconfigParameters` AS parameter
LEFT OUTER JOIN (
    SELECT
        task.`ProjectCode` AS `ProjectCode`, task.`ProcessLoad` AS `ProcessLoad`,
        task.`SourceSystemCode` AS `SourceSystemCode`,
        min(task.`TaskName`) AS `LinkedTaskName`
    FROM etl.`ETLconfigTasks` AS task
    WHERE task.`SourceSystemCode` IS NOT NULL
    GROUP BY task.`ProjectCode`, task.`ProcessLoad`, task.`SourceSystemCode`
) AS linked
    ON linked.`ProjectCode` = parameter.`ProjectCode`
    AND linked.`ProcessLoad` = parameter.`ProcessLoad`
    AND linked.`SourceSystemCode` = parameter.`ParameterName`;

INSERT INTO etl.`ETLconfigSequence` (`SequenceID`, `SequenceCode`, `SequenceName`, `SequenceDescription`, `SortOrder`, `IsActive`, `CreatedOn`, `CreatedBy`, `LastUpdatedOn`, `LastUpdatedBy`)
SELECT stage.`SequenceID`, stage.`SequenceCode`, stage.`SequenceName`, stage.`SequenceDescription`, stage.`SequenceID` AS `SortOrder`, true AS `IsActive`, CURRENT_TIMESTAMP AS `CreatedOn`, 'migration 0001' AS `CreatedBy`, CURRENT_TIMESTAMP AS `LastUpdatedOn`, 'migration 0001' AS `LastUpdatedBy`
FROM (VALUES
    (0, 'LOAD_GO', 'Initiation', 'Marks the run as a whole: its first step, and the sign of how it stands'),
    (1, 'LOAD_DB_CONFIG', 'Load configuration', 'Reads reference and configuration data from the source'),
    (2, 'LOAD_DB_TRAN', 'Load transactions', 'Reads transactional data from the source into staging'),
    (3, 'LOAD_DIM', 'Process master data', 'Checks and conforms the staged dimensions'),
    (4, 'LOAD_TRAN', 'Process transactions', 'Checks and conforms the staged transactions'),
    (5, 'PRE_PROCESS', 'Functional logic', 'Applies business rules and derives values'),
    (6, 'PROCESS_DATA', 'Transform data', 'Builds the output tables and data marts')) AS stage (`SequenceID`, `SequenceCode`, `SequenceName`, `SequenceDescription`)
WHERE (stage.`SequenceID` NOT IN (SELECT etl.`ETLconfigSequence`.`SequenceID`
FROM etl.`ETLconfigSequence`));

INSERT INTO etl.etl_monitor_version (version_num)
SELECT '0001'
WHERE NOT (EXISTS (SELECT etl.etl_monitor_version.version_num
FROM etl.etl_monitor_version
WHERE etl.etl_monitor_version.version_num >= '0001'));

UPDATE etl.etl_monitor_version SET readable_from='0.1.0' WHERE etl.etl_monitor_version.version_num = '0001';

-- Running upgrade 0001 -> 0002

-- A run against the database adds to ETLconfigParameters only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLconfigParameters` ADD COLUMN `SetOn` TIMESTAMP COMMENT 'When the value was last set explicitly (UTC)';

ALTER TABLE etl.`ETLconfigParameters` ADD COLUMN `AutomaticValue` TIMESTAMP COMMENT 'What the last automatic advance wrote (UTC); another value was set from outside';

ALTER TABLE etl.`ETLconfigParameters` ADD COLUMN `AdvanceMode` STRING COMMENT 'Whether DONE moves a DELTA_DATE: AUTOMATIC (also NULL) or MANUAL';

ALTER TABLE etl.`ETLconfigParameters` ADD COLUMN `LagSeconds` INT COMMENT 'Seconds by which an automatic advance stays behind the start, for rows that are committed late';

-- A run against the database adds to ETLProcessingSteps only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLProcessingSteps` ADD COLUMN `ExpectedDurationSeconds` INT COMMENT 'Longest acceptable duration in seconds when it was queued; NULL means no limit';

UPDATE etl.`ETLconfigParameters` SET `SetOn`=etl.`ETLconfigParameters`.`LastUpdatedOn` WHERE etl.`ETLconfigParameters`.`SetOn` IS NULL AND (etl.`ETLconfigParameters`.`ValueINT` IS NOT NULL OR etl.`ETLconfigParameters`.`ValueDateTime` IS NOT NULL OR etl.`ETLconfigParameters`.`ValueBIT` IS NOT NULL);

MERGE INTO etl.`ETLProcessingSteps` AS target USING etl.`ETLconfigTasks` AS source ON target.`ProjectCode` = source.`ProjectCode` AND target.`ProcessLoad` = source.`ProcessLoad` AND target.`WorkFlowID` = source.`WorkFlowID` AND target.`TaskID` = source.`TaskID` WHEN MATCHED AND target.`ExpectedDurationSeconds` IS NULL AND source.`ExpectedDurationSeconds` IS NOT NULL THEN UPDATE SET `ExpectedDurationSeconds` = source.`ExpectedDurationSeconds`;

CREATE OR REPLACE VIEW etl.`v_processStatus` AS
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
        count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND (newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL OR task.`IsActive` IS true)) AS `Pending`,
        min(newest.`StartTime`) AS `RunStart`,
        max(newest.`EndTime`) AS `RunEnd`,
        CAST(CASE
            WHEN (max(newest.`EndTime`) < min(newest.`StartTime`)) THEN 0
            ELSE CAST((unix_micros(max(newest.`EndTime`)) - unix_micros(min(newest.`StartTime`))) DIV 1000000 AS BIGINT)
        END AS BIGINT) AS `WallClockSeconds`,
        max(newest.`Status`) FILTER (WHERE newest.`WorkFlowID` = 0 AND newest.`TaskID` = 0) AS `OverallStatus`,
        count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL) AS `Running`,
        CASE
            WHEN (count(*) FILTER (WHERE newest.`Status` = 'FAIL' AND newest.`TaskMandatory` IS true AND task.`IsActive` IS true) > 0)
                THEN 'FAILED'
            WHEN (count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL) > 0)
                THEN 'RUNNING'
            WHEN (count(*) FILTER (WHERE newest.`Status` IN ('NQUE', 'RQUE') AND (newest.`Status` IN ('NQUE', 'RQUE') AND newest.`StartTime` IS NOT NULL AND newest.`EndTime` IS NULL OR task.`IsActive` IS true)) > 0)
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
            max_by(attempt.`TaskMandatory`, struct(attempt.`Attempts`, attempt.`LastUpdatedOn`, attempt.`ExecutionID`)) AS `TaskMandatory`
        FROM etl.`ETLProcessingSteps` AS attempt
        GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
    ) AS newest
    LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
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
    FROM etl.`ETLProcessingSteps` AS attempt
    GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`
) AS runs
    ON runs.`ProcessingDate` = days.`ProcessingDate`
    AND runs.`ProjectCode` = days.`ProjectCode`
    AND runs.`ProcessLoad` = days.`ProcessLoad`
LEFT OUTER JOIN etl.`ETLconfigProcess` AS process
    ON process.`ProjectCode` = days.`ProjectCode`
    AND process.`ProcessLoad` = days.`ProcessLoad`;

CREATE OR REPLACE VIEW etl.`v_runSummary` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`,
    count(*) AS `TotalTasks`,
    count(*) FILTER (WHERE step.`Status` = 'DONE') AS `Done`,
    count(*) FILTER (WHERE step.`Status` = 'FAIL') AS `Failed`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL OR task.`IsActive` IS true)) AS `Pending`,
    min(step.`StartTime`) AS `RunStart`,
    max(step.`EndTime`) AS `RunEnd`,
    CAST(sum(step.`DurationSeconds`) AS BIGINT) AS `TotalDurationSeconds`,
    CAST(CASE
        WHEN (max(step.`EndTime`) < min(step.`StartTime`)) THEN 0
        ELSE CAST((unix_micros(max(step.`EndTime`)) - unix_micros(min(step.`StartTime`))) DIV 1000000 AS BIGINT)
    END AS BIGINT) AS `WallClockSeconds`,
    CASE
        WHEN (count(*) FILTER (WHERE step.`Status` = 'FAIL' AND step.`TaskMandatory` IS true) > 0)
            THEN 'FAILED'
        WHEN (count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL OR task.`IsActive` IS true)) > 0)
            THEN 'RUNNING'
        ELSE 'COMPLETE'
    END AS `OverallStatus`,
    max(step.`LastUpdatedOn`) AS `LastActivity`,
    count(*) FILTER (WHERE step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL) AS `Running`
FROM etl.`ETLProcessingSteps` AS step
LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = step.`ProjectCode`
    AND task.`ProcessLoad` = step.`ProcessLoad`
    AND task.`WorkFlowID` = step.`WorkFlowID`
    AND task.`TaskID` = step.`TaskID`
GROUP BY step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`, step.`Attempts`;

CREATE OR REPLACE VIEW etl.`v_taskDetail` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`, step.`WorkFlowID`, step.`SequenceCode`, step.`SequenceID`, step.`TaskName`,
    step.`TaskID`, step.`TaskMandatory`, step.`SourceSystemCode`, step.`Status`, step.`StartTime`,
    step.`EndTime`, step.`DurationSeconds`, step.`ExpectedDurationSeconds`,
    coalesce(CASE
        WHEN (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL)
            THEN CAST((unix_micros(CURRENT_TIMESTAMP) - unix_micros(step.`StartTime`)) DIV 1000000 AS BIGINT)
        ELSE step.`DurationSeconds`
    END > step.`ExpectedDurationSeconds`, false) AS `SLABreached`,
    step.`SourceType`, step.`SourceRunID`, step.`LogType`, step.`LogMessage`, step.`LastUpdatedBy`,
    step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL AS `IsRunning`
FROM etl.`ETLProcessingSteps` AS step;

CREATE OR REPLACE VIEW etl.`v_mandatoryBlockers` AS
SELECT
    attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`ExecutionID`,
    attempt.`WorkFlowID`, attempt.`SequenceCode`, attempt.`TaskName`, attempt.`TaskID`,
    attempt.`Attempts`, attempt.`Status`, attempt.`StartTime`, attempt.`LogType`,
    attempt.`LogMessage`, attempt.`SourceType`, attempt.`SourceSystemCode`, attempt.`SequenceID`
FROM etl.`ETLProcessingSteps` AS attempt
JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = attempt.`ProjectCode`
    AND task.`ProcessLoad` = attempt.`ProcessLoad`
    AND task.`WorkFlowID` = attempt.`WorkFlowID`
    AND task.`TaskID` = attempt.`TaskID`
WHERE attempt.`Status` = 'FAIL'
    AND attempt.`TaskMandatory` IS true
    AND task.`IsActive` IS true
    AND NOT (EXISTS (SELECT 1 FROM etl.`ETLProcessingSteps` AS newer WHERE newer.`ProcessingDate` = attempt.`ProcessingDate` AND newer.`ProjectCode` = attempt.`ProjectCode` AND newer.`ProcessLoad` = attempt.`ProcessLoad` AND newer.`WorkFlowID` = attempt.`WorkFlowID` AND newer.`TaskID` = attempt.`TaskID` AND (newer.`Attempts` > attempt.`Attempts` OR newer.`Attempts` = attempt.`Attempts` AND (newer.`LastUpdatedOn` > attempt.`LastUpdatedOn` OR newer.`LastUpdatedOn` IS NOT NULL AND attempt.`LastUpdatedOn` IS NULL OR newer.`LastUpdatedOn` IS NOT DISTINCT FROM attempt.`LastUpdatedOn` AND newer.`ExecutionID` > attempt.`ExecutionID`))));

CREATE OR REPLACE VIEW etl.`v_currentFailures` AS
SELECT
    attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`ExecutionID`,
    attempt.`WorkFlowID`, attempt.`SequenceCode`, attempt.`TaskName`, attempt.`TaskID`,
    attempt.`TaskMandatory`, attempt.`Attempts`, attempt.`Status`, attempt.`StartTime`,
    attempt.`LogType`, attempt.`LogMessage`, attempt.`SourceType`, attempt.`SourceRunID`,
    attempt.`SequenceID`
FROM etl.`ETLProcessingSteps` AS attempt
WHERE attempt.`Status` = 'FAIL'
    AND NOT (EXISTS (SELECT 1 FROM etl.`ETLProcessingSteps` AS newer WHERE newer.`ProcessingDate` = attempt.`ProcessingDate` AND newer.`ProjectCode` = attempt.`ProjectCode` AND newer.`ProcessLoad` = attempt.`ProcessLoad` AND newer.`WorkFlowID` = attempt.`WorkFlowID` AND newer.`TaskID` = attempt.`TaskID` AND (newer.`Attempts` > attempt.`Attempts` OR newer.`Attempts` = attempt.`Attempts` AND (newer.`LastUpdatedOn` > attempt.`LastUpdatedOn` OR newer.`LastUpdatedOn` IS NOT NULL AND attempt.`LastUpdatedOn` IS NULL OR newer.`LastUpdatedOn` IS NOT DISTINCT FROM attempt.`LastUpdatedOn` AND newer.`ExecutionID` > attempt.`ExecutionID`))));

CREATE OR REPLACE VIEW etl.v_watermarks AS
SELECT
    parameter.`ProjectCode`, parameter.`ProcessLoad`, parameter.`ParameterName`,
    parameter.`ParameterType`, parameter.`ParameterDescription`, parameter.`ValueINT`,
    parameter.`ValueDateTime`, parameter.`ValueBIT`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'FLAG') THEN CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
        ELSE CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING)
    END AS `ActiveValue`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_DATE')
            THEN coalesce('DELTA: ' || CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING), 'BULK MODE')
        WHEN (parameter.`ParameterType` = 'DELTA_ID' AND parameter.`ValueINT` > 0)
            THEN 'DELTA: ' || CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN 'BULK MODE'
        WHEN (parameter.`ParameterType` = 'SYSTEM')
            THEN coalesce('HISTORIC: ' || CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING), 'LIVE DATE')
        ELSE CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
    END AS `WatermarkState`,
    linked.`LinkedTaskName`, parameter.`LastUpdatedOn`, parameter.`LastUpdatedBy`
FROM etl.`ETLconfigParameters` AS parameter
LEFT OUTER JOIN (
    SELECT
        task.`ProjectCode` AS `ProjectCode`, task.`ProcessLoad` AS `ProcessLoad`,
        task.`SourceSystemCode` AS `SourceSystemCode`,
        min(task.`TaskName`) AS `LinkedTaskName`
    FROM etl.`ETLconfigTasks` AS task
    WHERE task.`SourceSystemCode` IS NOT NULL
    GROUP BY task.`ProjectCode`, task.`ProcessLoad`, task.`SourceSystemCode`
) AS linked
    ON linked.`ProjectCode` = parameter.`ProjectCode`
    AND linked.`ProcessLoad` = parameter.`ProcessLoad`
    AND linked.`SourceSystemCode` = parameter.`ParameterName`;

UPDATE etl.etl_monitor_version SET version_num='0002', readable_from=NULL WHERE etl.etl_monitor_version.version_num = '0001';

UPDATE etl.etl_monitor_version SET readable_from='0.1.0' WHERE etl.etl_monitor_version.version_num = '0002';

-- Running upgrade 0002 -> 0003

-- A run against the database adds to ETLconfigTasks only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `FileNameMask` STRING COMMENT 'Name of the file that it waits for, without date and extension';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `FileExtension` STRING COMMENT 'Extension of that file, with its dot';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `InFilePath` STRING COMMENT 'Folder in which that file arrives';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `OutFilePath` STRING COMMENT 'Folder for what is made of it';

-- A run against the database adds to ETLProcessingSteps only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLProcessingSteps` ADD COLUMN `FullFileName` STRING COMMENT 'File of this date that the task waits for';

ALTER TABLE etl.`ETLProcessingSteps` ADD COLUMN `InFilePath` STRING COMMENT 'Folder in which the file arrives, as of when it was queued';

ALTER TABLE etl.`ETLProcessingSteps` ADD COLUMN `OutFilePath` STRING COMMENT 'Folder for what is made of it, as of when it was queued';

ALTER TABLE etl.`ETLProcessingSteps` ADD COLUMN `ForceSkip` BOOLEAN COMMENT 'Whether this run leaves the task out';

CREATE TABLE IF NOT EXISTS etl.`ETLOrganisation` (
    `OrganisationCode` STRING NOT NULL COMMENT 'Short code of the organisation',
    `OrganisationName` STRING NOT NULL COMMENT 'Name for people',
    `OrganisationDescription` STRING NOT NULL COMMENT 'What the organisation does',
    `IsActive` BOOLEAN COMMENT 'Whether the organisation is in use',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLOrganisation` PRIMARY KEY (`OrganisationCode`)
) USING DELTA
COMMENT 'Organisations and divisions that own projects'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLconfigProject` (
    `ProjectCode` STRING NOT NULL COMMENT 'Short code; processes name it',
    `OrganisationCode` STRING COMMENT 'Organisation that owns the project',
    `ProjectName` STRING NOT NULL COMMENT 'Name for people',
    `ProjectDescription` STRING NOT NULL COMMENT 'What the project covers',
    `IsActive` BOOLEAN COMMENT 'Whether the project is in use',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLconfigProject` PRIMARY KEY (`ProjectCode`)
) USING DELTA
COMMENT 'Projects that own processes'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE OR REPLACE VIEW etl.`v_processStatus` AS
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
        FROM etl.`ETLProcessingSteps` AS attempt
        GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`WorkFlowID`, attempt.`TaskID`
    ) AS newest
    LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
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
    FROM etl.`ETLProcessingSteps` AS attempt
    GROUP BY attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`
) AS runs
    ON runs.`ProcessingDate` = days.`ProcessingDate`
    AND runs.`ProjectCode` = days.`ProjectCode`
    AND runs.`ProcessLoad` = days.`ProcessLoad`
LEFT OUTER JOIN etl.`ETLconfigProcess` AS process
    ON process.`ProjectCode` = days.`ProjectCode`
    AND process.`ProcessLoad` = days.`ProcessLoad`;

CREATE OR REPLACE VIEW etl.`v_runSummary` AS
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
FROM etl.`ETLProcessingSteps` AS step
LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = step.`ProjectCode`
    AND task.`ProcessLoad` = step.`ProcessLoad`
    AND task.`WorkFlowID` = step.`WorkFlowID`
    AND task.`TaskID` = step.`TaskID`
GROUP BY step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`, step.`Attempts`;

CREATE OR REPLACE VIEW etl.`v_taskDetail` AS
SELECT
    step.`ProcessingDate`, step.`ProjectCode`, step.`ProcessLoad`, step.`ExecutionID`,
    step.`Attempts`, step.`WorkFlowID`, step.`SequenceCode`, step.`SequenceID`, step.`TaskName`,
    step.`TaskID`, step.`TaskMandatory`, step.`SourceSystemCode`, step.`Status`, step.`StartTime`,
    step.`EndTime`, step.`DurationSeconds`, step.`ExpectedDurationSeconds`,
    coalesce(CASE
        WHEN (step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL)
            THEN CAST((unix_micros(CURRENT_TIMESTAMP) - unix_micros(step.`StartTime`)) DIV 1000000 AS BIGINT)
        ELSE step.`DurationSeconds`
    END > step.`ExpectedDurationSeconds`, false) AS `SLABreached`,
    step.`SourceType`, step.`SourceRunID`, step.`LogType`, step.`LogMessage`, step.`LastUpdatedBy`,
    step.`Status` IN ('NQUE', 'RQUE') AND step.`StartTime` IS NOT NULL AND step.`EndTime` IS NULL AS `IsRunning`,
    step.`FullFileName`, step.`InFilePath`, step.`OutFilePath`, step.`ForceSkip`
FROM etl.`ETLProcessingSteps` AS step;

CREATE OR REPLACE VIEW etl.`v_mandatoryBlockers` AS
SELECT
    attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`ExecutionID`,
    attempt.`WorkFlowID`, attempt.`SequenceCode`, attempt.`TaskName`, attempt.`TaskID`,
    attempt.`Attempts`, attempt.`Status`, attempt.`StartTime`, attempt.`LogType`,
    attempt.`LogMessage`, attempt.`SourceType`, attempt.`SourceSystemCode`, attempt.`EndTime`,
    attempt.`SequenceID`
FROM etl.`ETLProcessingSteps` AS attempt
JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = attempt.`ProjectCode`
    AND task.`ProcessLoad` = attempt.`ProcessLoad`
    AND task.`WorkFlowID` = attempt.`WorkFlowID`
    AND task.`TaskID` = attempt.`TaskID`
WHERE attempt.`Status` = 'FAIL'
    AND attempt.`TaskMandatory` IS true
    AND attempt.`ForceSkip` IS NOT true
    AND task.`IsActive` IS true
    AND NOT (EXISTS (SELECT 1 FROM etl.`ETLProcessingSteps` AS newer WHERE newer.`ProcessingDate` = attempt.`ProcessingDate` AND newer.`ProjectCode` = attempt.`ProjectCode` AND newer.`ProcessLoad` = attempt.`ProcessLoad` AND newer.`WorkFlowID` = attempt.`WorkFlowID` AND newer.`TaskID` = attempt.`TaskID` AND (newer.`Attempts` > attempt.`Attempts` OR newer.`Attempts` = attempt.`Attempts` AND (newer.`LastUpdatedOn` > attempt.`LastUpdatedOn` OR newer.`LastUpdatedOn` IS NOT NULL AND attempt.`LastUpdatedOn` IS NULL OR newer.`LastUpdatedOn` IS NOT DISTINCT FROM attempt.`LastUpdatedOn` AND newer.`ExecutionID` > attempt.`ExecutionID`))));

CREATE OR REPLACE VIEW etl.`v_currentFailures` AS
SELECT
    attempt.`ProcessingDate`, attempt.`ProjectCode`, attempt.`ProcessLoad`, attempt.`ExecutionID`,
    attempt.`WorkFlowID`, attempt.`SequenceCode`, attempt.`TaskName`, attempt.`TaskID`,
    attempt.`TaskMandatory`, attempt.`Attempts`, attempt.`Status`, attempt.`StartTime`,
    attempt.`LogType`, attempt.`LogMessage`, attempt.`SourceType`, attempt.`SourceRunID`,
    attempt.`EndTime`, attempt.`SequenceID`
FROM etl.`ETLProcessingSteps` AS attempt
WHERE attempt.`Status` = 'FAIL'
    AND NOT (EXISTS (SELECT 1 FROM etl.`ETLProcessingSteps` AS newer WHERE newer.`ProcessingDate` = attempt.`ProcessingDate` AND newer.`ProjectCode` = attempt.`ProjectCode` AND newer.`ProcessLoad` = attempt.`ProcessLoad` AND newer.`WorkFlowID` = attempt.`WorkFlowID` AND newer.`TaskID` = attempt.`TaskID` AND (newer.`Attempts` > attempt.`Attempts` OR newer.`Attempts` = attempt.`Attempts` AND (newer.`LastUpdatedOn` > attempt.`LastUpdatedOn` OR newer.`LastUpdatedOn` IS NOT NULL AND attempt.`LastUpdatedOn` IS NULL OR newer.`LastUpdatedOn` IS NOT DISTINCT FROM attempt.`LastUpdatedOn` AND newer.`ExecutionID` > attempt.`ExecutionID`))));

CREATE OR REPLACE VIEW etl.v_watermarks AS
SELECT
    parameter.`ProjectCode`, parameter.`ProcessLoad`, parameter.`ParameterName`,
    parameter.`ParameterType`, parameter.`ParameterDescription`, parameter.`ValueINT`,
    parameter.`ValueDateTime`, parameter.`ValueBIT`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'FLAG') THEN CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
        ELSE CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING)
    END AS `ActiveValue`,
    CASE
        WHEN (parameter.`ParameterType` = 'DELTA_DATE')
            THEN coalesce('DELTA: ' || CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING), 'BULK MODE')
        WHEN (parameter.`ParameterType` = 'DELTA_ID' AND parameter.`ValueINT` > 0)
            THEN 'DELTA: ' || CAST(parameter.`ValueINT` AS STRING)
        WHEN (parameter.`ParameterType` = 'DELTA_ID') THEN 'BULK MODE'
        WHEN (parameter.`ParameterType` = 'SYSTEM')
            THEN coalesce('HISTORIC: ' || CAST(TIMESTAMP_NTZ'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, CAST(unix_micros(parameter.`ValueDateTime`) AS DECIMAL(20, 0)) / 1000000) AS STRING), 'LIVE DATE')
        ELSE CASE
            WHEN (parameter.`ValueBIT` IS true) THEN 'true'
            WHEN (parameter.`ValueBIT` IS false) THEN 'false'
        END
    END AS `WatermarkState`,
    linked.`LinkedTaskName`, parameter.`LastUpdatedOn`, parameter.`LastUpdatedBy`, parameter.`SetOn`
FROM etl.`ETLconfigParameters` AS parameter
LEFT OUTER JOIN (
    SELECT
        task.`ProjectCode` AS `ProjectCode`, task.`ProcessLoad` AS `ProcessLoad`,
        task.`SourceSystemCode` AS `SourceSystemCode`,
        min(task.`TaskName`) AS `LinkedTaskName`
    FROM etl.`ETLconfigTasks` AS task
    WHERE task.`SourceSystemCode` IS NOT NULL
    GROUP BY task.`ProjectCode`, task.`ProcessLoad`, task.`SourceSystemCode`
) AS linked
    ON linked.`ProjectCode` = parameter.`ProjectCode`
    AND linked.`ProcessLoad` = parameter.`ProcessLoad`
    AND linked.`SourceSystemCode` = parameter.`ParameterName`;

UPDATE etl.etl_monitor_version SET version_num='0003', readable_from=NULL WHERE etl.etl_monitor_version.version_num = '0002';

UPDATE etl.etl_monitor_version SET readable_from='0.1.0' WHERE etl.etl_monitor_version.version_num = '0003';

-- Running upgrade 0003 -> 0004

CREATE TABLE IF NOT EXISTS etl.`ETLtokens` (
    `TokenID` STRING NOT NULL COMMENT 'Public part of the token, by which it is found',
    `TokenName` STRING NOT NULL COMMENT 'Name for people; only one valid token has it',
    `SecretHash` STRING NOT NULL COMMENT 'SHA-256 of the whole token, as hexadecimal digits',
    `Scope` STRING NOT NULL COMMENT 'What it allows: read, or report, which includes read',
    `ProjectCode` STRING COMMENT 'The only project that it is for; NULL means all',
    `ExpiresOn` TIMESTAMP COMMENT 'When it ends by itself (UTC); NULL means never',
    `RevokedOn` TIMESTAMP COMMENT 'When somebody ended it (UTC)',
    `LastUsedOn` TIMESTAMP COMMENT 'When it was used (UTC), noted at most once a day',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLtokens` PRIMARY KEY (`TokenID`)
) USING DELTA
COMMENT 'Tokens of programs that report over HTTP, hashed'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLrequests` (
    `TokenID` STRING NOT NULL COMMENT 'Token that the request came with',
    `RequestKey` STRING NOT NULL COMMENT 'Idempotency key that the caller gave',
    `RequestDigest` STRING NOT NULL COMMENT 'SHA-256 of what was asked',
    `CreatedOn` TIMESTAMP NOT NULL COMMENT 'When it was first asked (UTC)',
    `Claim` STRING COMMENT 'Who is at work on it; NULL when nobody is',
    `ClaimedOn` TIMESTAMP COMMENT 'Since when (UTC)',
    `Status` INT COMMENT 'Status of the answer; NULL until there is one',
    `Answer` STRING COMMENT 'Body of the answer',
    CONSTRAINT `pk_ETLrequests` PRIMARY KEY (`TokenID`, `RequestKey`)
) USING DELTA
COMMENT 'Answers to requests with an idempotency key, kept for a day'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

UPDATE etl.etl_monitor_version SET version_num='0004', readable_from=NULL WHERE etl.etl_monitor_version.version_num = '0003';

UPDATE etl.etl_monitor_version SET readable_from='0.1.0' WHERE etl.etl_monitor_version.version_num = '0004';

-- Running upgrade 0004 -> 0005

-- A run against the database adds to ETLconfigProcess only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLconfigProcess` ADD COLUMN `DueBy` STRING COMMENT 'Local time and zone by which a date must be done';

ALTER TABLE etl.`ETLconfigProcess` ADD COLUMN `LateAfterSeconds` INT COMMENT 'Longest acceptable time without a success, in seconds';

ALTER TABLE etl.`ETLconfigProcess` ADD COLUMN `Calendar` STRING COMMENT 'Processing dates on which it is due; NULL means all';

ALTER TABLE etl.`ETLconfigProcess` ADD COLUMN `DeadlineSetOn` TIMESTAMP COMMENT 'When one of these last changed (UTC)';

ALTER TABLE etl.`ETLconfigProcess` ADD COLUMN `ActiveSetOn` TIMESTAMP COMMENT 'When IsActive last changed (UTC)';

-- A run against the database adds to ETLconfigTasks only the columns that are not there yet.
-- Leave out the others here.

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `DueBy` STRING COMMENT 'Local time and zone by which a date must be done';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `LateAfterSeconds` INT COMMENT 'Longest acceptable time without a success, in seconds';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `Calendar` STRING COMMENT 'Processing dates on which it is due; NULL means all';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `DeadlineSetOn` TIMESTAMP COMMENT 'When one of these last changed (UTC)';

ALTER TABLE etl.`ETLconfigTasks` ADD COLUMN `ActiveSetOn` TIMESTAMP COMMENT 'When IsActive last changed (UTC)';

CREATE TABLE IF NOT EXISTS etl.`ETLholidays` (
    `CalendarName` STRING NOT NULL COMMENT 'Name of the list; calendars refer to it',
    `Day` DATE NOT NULL COMMENT 'Day on which nothing is due',
    `HolidayName` STRING COMMENT 'Name of the day, for people',
    `IsActive` BOOLEAN COMMENT 'Whether the day counts',
    `CreatedOn` TIMESTAMP COMMENT 'When the row was registered (UTC)',
    `CreatedBy` STRING COMMENT 'Who registered the row',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLholidays` PRIMARY KEY (`CalendarName`, `Day`)
) USING DELTA
COMMENT 'Holidays, in lists that have names'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLbreaches` (
    `BreachID` STRING NOT NULL COMMENT 'Made of what is late, so that it has one row',
    `Kind` STRING NOT NULL COMMENT 'What is wrong, such as NOT_STARTED or NO_SUCCESS',
    `ProjectCode` STRING NOT NULL COMMENT 'Project of the process',
    `ProcessLoad` STRING NOT NULL COMMENT 'The process',
    `WorkFlowID` INT COMMENT 'Pass of the task; NULL means the whole process',
    `TaskID` INT COMMENT 'The task; NULL means the whole process',
    `ParameterName` STRING COMMENT 'The watermark, if it stands still',
    `ProcessingDate` DATE COMMENT 'Business date that is late',
    `ExecutionID` STRING COMMENT 'The run of the attempt that is late',
    `Attempts` INT COMMENT 'Number of the attempt that is late',
    `Since` TIMESTAMP NOT NULL COMMENT 'Since when it is late (UTC)',
    `Until` TIMESTAMP COMMENT 'When it was late no more (UTC)',
    `OpenedOn` TIMESTAMP NOT NULL COMMENT 'When an evaluation found it (UTC)',
    `ClosedOn` TIMESTAMP COMMENT 'When an evaluation found its end (UTC); NULL while it is open',
    `Outcome` STRING COMMENT 'How it ended: RESOLVED, WITHDRAWN or EXPIRED',
    `Message` STRING COMMENT 'What is late, as a sentence',
    `Blocks` STRING COMMENT 'Tasks that wait for it',
    `NotifiedOn` TIMESTAMP COMMENT 'When people were told of it (UTC)',
    `ClosureNotifiedOn` TIMESTAMP COMMENT 'When people were told of its end (UTC)',
    `NotifyClaim` STRING COMMENT 'Who is at work on telling people; NULL when nobody is',
    `NotifyClaimedOn` TIMESTAMP COMMENT 'Since when (UTC)',
    `NotifiedTargets` STRING COMMENT 'What each target of messages was told, such as mail=opened',
    `LastUpdatedOn` TIMESTAMP COMMENT 'When the row last changed (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who last changed the row',
    CONSTRAINT `pk_ETLbreaches` PRIMARY KEY (`BreachID`)
) USING DELTA
COMMENT 'What was late, and for how long; one row each'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE TABLE IF NOT EXISTS etl.`ETLmetrics` (
    `ProcessingDate` DATE NOT NULL COMMENT 'Business date of the attempt',
    `ProjectCode` STRING NOT NULL COMMENT 'Project of the process',
    `ProcessLoad` STRING NOT NULL COMMENT 'Process of the run',
    `ExecutionID` STRING NOT NULL COMMENT 'The run',
    `WorkFlowID` INT NOT NULL COMMENT 'Pass of the task',
    `TaskID` INT NOT NULL COMMENT 'The task',
    `SequenceID` INT NOT NULL COMMENT 'Stage of the task',
    `Attempts` INT NOT NULL COMMENT 'Number of the attempt',
    `MetricName` STRING NOT NULL COMMENT 'What was measured, such as rows or bytes',
    `MetricValue` BIGINT COMMENT 'How much',
    `SetOn` TIMESTAMP COMMENT 'When it was measured (UTC)',
    `LastUpdatedBy` STRING COMMENT 'Who reported it',
    CONSTRAINT `pk_ETLmetrics` PRIMARY KEY (`ProcessingDate`, `ProjectCode`, `ProcessLoad`, `ExecutionID`, `WorkFlowID`, `TaskID`, `SequenceID`, `Attempts`, `MetricName`)
) USING DELTA
PARTITIONED BY (`ProcessingDate`)
COMMENT 'What attempts measured, one row an attempt and measure'
TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'enabled');

CREATE OR REPLACE VIEW etl.v_overdue AS
SELECT
    breach.`BreachID`, breach.`Kind`, breach.`ProjectCode`, breach.`ProcessLoad`,
    process.`ProcessOwner`, breach.`WorkFlowID`, breach.`TaskID`, task.`TaskName`,
    breach.`ParameterName`, breach.`ProcessingDate`, breach.`ExecutionID`, breach.`Attempts`,
    breach.`Since`, breach.`Message`, breach.`Blocks`, breach.`OpenedOn`, breach.`NotifiedOn`
FROM etl.`ETLbreaches` AS breach
LEFT OUTER JOIN etl.`ETLconfigProcess` AS process
    ON process.`ProjectCode` = breach.`ProjectCode`
    AND process.`ProcessLoad` = breach.`ProcessLoad`
LEFT OUTER JOIN etl.`ETLconfigTasks` AS task
    ON task.`ProjectCode` = breach.`ProjectCode`
    AND task.`ProcessLoad` = breach.`ProcessLoad`
    AND task.`WorkFlowID` = breach.`WorkFlowID`
    AND task.`TaskID` = breach.`TaskID`
WHERE breach.`ClosedOn` IS NULL
    AND breach.`Kind` != 'FAILED';

UPDATE etl.etl_monitor_version SET version_num='0005', readable_from=NULL WHERE etl.etl_monitor_version.version_num = '0004';

UPDATE etl.etl_monitor_version SET readable_from='0.1.0' WHERE etl.etl_monitor_version.version_num = '0005';

