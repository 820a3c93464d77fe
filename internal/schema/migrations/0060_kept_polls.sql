-- What panels look for among all poll records, which are the most of what is stored.

-- When each project was last listed to its end on a day (UTC).
CREATE TABLE IF NOT EXISTS good_sweeps
(
    tenant             LowCardinality(String),
    scope              LowCardinality(String),
    day                Date,
    last_good_sweep_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(last_good_sweep_at)
ORDER BY (tenant, scope, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS good_sweeps_mv TO good_sweeps AS
SELECT tenant, scope, toDate(assumeNotNull(polls.finished_at), 'UTC') AS day, assumeNotNull(polls.finished_at) AS last_good_sweep_at
FROM polls
WHERE poller = 'pipelines' AND last AND complete AND errors = 0 AND polls.finished_at IS NOT NULL;

INSERT INTO good_sweeps
SELECT tenant, scope, toDate(assumeNotNull(polls.finished_at), 'UTC') AS day, max(assumeNotNull(polls.finished_at)) AS last_good_sweep_at
FROM polls
WHERE poller = 'pipelines' AND last AND complete AND errors = 0 AND polls.finished_at IS NOT NULL
GROUP BY tenant, scope, day;

CREATE OR REPLACE VIEW good_sweeps_since AS
SELECT tenant, scope, day, toNullable(max(good_sweeps.last_good_sweep_at)) AS last_good_sweep_at
FROM good_sweeps
WHERE day >= {since:Date}
GROUP BY tenant, scope, day;

-- When a poller of a project first ended a round without an error: since then a list
-- without rows says that there are none.
CREATE TABLE IF NOT EXISTS first_answers
(
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    poller      LowCardinality(String),
    answered_at SimpleAggregateFunction(min, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, scope, poller);

CREATE MATERIALIZED VIEW IF NOT EXISTS first_answers_mv TO first_answers AS
SELECT tenant, scope, poller, polls.observed_at AS answered_at
FROM polls
WHERE last AND errors = 0;

INSERT INTO first_answers
SELECT tenant, scope, poller, min(polls.observed_at) AS answered_at
FROM polls
WHERE last AND errors = 0
GROUP BY tenant, scope, poller;
