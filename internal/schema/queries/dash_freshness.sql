-- Time since each poller's last round without an error, and since its last
-- complete listing, per project. A poller is late when its last good round is
-- older than its objective: three intervals of its schedule, and never under
-- three minutes. The schedule is the configured one, as the collector says it
-- in each round; of a collector that does not, it is the default. Pollers that
-- ask only for what is open or missing (active, history, details, logs,
-- reconcile) never list everything. NULL: never. As of a time in the past it is what
-- had been observed then, held against the schedule of then (that of now, of a poller
-- without a record in the two days before).
SELECT * EXCEPT (project_id)
FROM {{dash_poller_ages}}
ORDER BY late DESC NULLS FIRST, tenant, project, poller
