-- Notes the pipelines of all runs, for those that were stored before that was
-- done on insert.
INSERT INTO run_pipelines
SELECT DISTINCT tenant, project_id, pipeline_id FROM runs
