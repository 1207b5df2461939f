-- Who may do what with the monitor's schema. Run it as the owner of the tables, after each upgrade that brings new ones.
-- Put your groups in the place of these four. Privileges on the schema itself would include the tokens of `serve`.

-- Readers: people who look, the dashboard's viewers, the alerts.
GRANT USE CATALOG ON CATALOG `main` TO `etl-readers`;
GRANT USE SCHEMA ON SCHEMA `main`.`etl` TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.etl_monitor_version TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLOrganisation TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLconfigProject TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLconfigProcess TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLconfigSequence TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLconfigTasks TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLconfigParameters TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLProcessingSteps TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLsysLogs TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLholidays TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLbreaches TO `etl-readers`;
GRANT SELECT ON TABLE `main`.`etl`.ETLmetrics TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_processStatus TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_runSummary TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_taskDetail TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_mandatoryBlockers TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_currentFailures TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_watermarks TO `etl-readers`;
GRANT SELECT ON VIEW `main`.`etl`.v_overdue TO `etl-readers`;

-- Reporters: pipelines, which read and write rows.
GRANT USE CATALOG ON CATALOG `main` TO `etl-reporters`;
GRANT USE SCHEMA ON SCHEMA `main`.`etl` TO `etl-reporters`;
GRANT SELECT ON TABLE `main`.`etl`.etl_monitor_version TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLOrganisation TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLconfigProject TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLconfigProcess TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLconfigSequence TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLconfigTasks TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLconfigParameters TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLProcessingSteps TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLsysLogs TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLholidays TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLbreaches TO `etl-reporters`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLmetrics TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_processStatus TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_runSummary TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_taskDetail TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_mandatoryBlockers TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_currentFailures TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_watermarks TO `etl-reporters`;
GRANT SELECT ON VIEW `main`.`etl`.v_overdue TO `etl-reporters`;

-- The server of `etl-monitor serve`, and who makes its tokens. They are reporters too.
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLtokens TO `etl-servers`;
GRANT SELECT, MODIFY ON TABLE `main`.`etl`.ETLrequests TO `etl-servers`;

-- Migrators: they create and change the tables and views, which then belong to them.
GRANT USE CATALOG ON CATALOG `main` TO `etl-migrators`;
GRANT USE SCHEMA, CREATE TABLE, SELECT, MODIFY ON SCHEMA `main`.`etl` TO `etl-migrators`;
