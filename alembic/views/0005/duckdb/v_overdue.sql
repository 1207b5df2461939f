CREATE VIEW %(schema)s.v_overdue AS
SELECT
    breach."BreachID", breach."Kind", breach."ProjectCode", breach."ProcessLoad",
    process."ProcessOwner", breach."WorkFlowID", breach."TaskID", task."TaskName",
    breach."ParameterName", breach."ProcessingDate", breach."ExecutionID", breach."Attempts",
    breach."Since", breach."Message", breach."Blocks", breach."OpenedOn", breach."NotifiedOn"
FROM %(schema)s."ETLbreaches" AS breach
LEFT OUTER JOIN %(schema)s."ETLconfigProcess" AS process
    ON process."ProjectCode" = breach."ProjectCode"
    AND process."ProcessLoad" = breach."ProcessLoad"
LEFT OUTER JOIN %(schema)s."ETLconfigTasks" AS task
    ON task."ProjectCode" = breach."ProjectCode"
    AND task."ProcessLoad" = breach."ProcessLoad"
    AND task."WorkFlowID" = breach."WorkFlowID"
    AND task."TaskID" = breach."TaskID"
WHERE breach."ClosedOn" IS NULL
    AND breach."Kind" != 'FAILED'
