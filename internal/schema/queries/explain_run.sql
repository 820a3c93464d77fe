-- A run and what is known of where it belongs.
SELECT
    r.tenant AS tenant,
    n.project AS project,
    n.group_path AS group_path,
    n.pipeline AS pipeline,
    r.run_number AS number,
    r.status AS status,
    r.target_branch AS branch,
    r.tag AS tag,
    left(r.commit_id, 10) AS commit,
    r.trigger_type AS trigger
FROM (SELECT * FROM runs FINAL WHERE run_id = {run:String}) AS r
INNER JOIN pipeline_names(need_groups = true) AS n ON n.tenant = r.tenant AND n.project_id = r.project_id AND n.pipeline_id = r.pipeline_id
