-- Pipelines that are silent for longer than is usual for them, as Silent
-- pipelines has it, but until their project's list was last read without an error:
-- what is not read then is Artery's silence, and neither adds to theirs nor ends
-- it. The value is how many times as long, where it is more than the limit
-- (silent). One that has been silent for 30 days is taken as given up, and so is a
-- project whose list was not read for as long.
WITH {{limit_of}} AS limit_of, limit_of('silent', s.tenant, s.project) AS bound,
    assumeNotNull(dateDiff('second', s.last_started_at, f.last_good_poll_at)) AS heard_s
SELECT s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.pipeline_id AS pipeline_id, s.pipeline AS pipeline, s.pipeline_url AS url, heard_s / s.usual_s AS value
FROM {{dash_pipeline_silences}} AS s
INNER JOIN (SELECT tenant, scope, last_good_poll_at FROM freshness WHERE poller = 'pipelines' AND last_good_poll_at > now() - INTERVAL 30 DAY) AS f
    ON f.tenant = s.tenant AND f.scope = s.project_id
WHERE heard_s < 30 * 86400 AND value > bound
