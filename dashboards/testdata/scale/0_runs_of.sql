-- The runs of pipelines first to last, a believable history of two years: the
-- first pipelines run most, work is done on weekdays and a little on
-- Saturdays, between 8 and 18 h, every pipeline fails at a rate of its own, a
-- retry makes some failed stages pass. Every fifth pipeline deploys to
-- production, every twentieth misses a run number. Everything follows from the
-- numbers of pipeline and run, so that it is the same each time.
CREATE OR REPLACE VIEW scale_runs AS
WITH
    (SELECT sum(pow(number + 1, -0.6)) FROM numbers({pipelines:UInt64})) AS weights,
    toDateTime64(toMonday({now:DateTime64(3, 'UTC')}), 3, 'UTC') AS monday
SELECT
    p,
    r,
    n,
    sipHash64(p, r) AS h,
    lower(hex(MD5(concat('project ', toString(p % {projects:UInt64}))))) AS project_id,
    lower(hex(MD5(concat('pipeline ', toString(p))))) AS pipeline_id,
    lower(hex(MD5(concat('run ', toString(p), ' ', toString(r))))) AS run_id,
    lower(hex(MD5(concat('commit ', toString(p), ' ', toString(intDiv(r * 3, 4)))))) AS commit_id,
    toString(cityHash64(pipeline_id) % 1000000) AS codehub_id,
    ['Build', 'Unit Test', 'Deploy staging', if(p % 5 = 0, 'Deploy production', 'Integration test')] AS names,
    r = n AND p % 100 = 7 AS open,
    104 * (r - 0.5 + (h % 100) / 250) / (n + 1) AS week,
    5.5 * (week - floor(week)) AS day,
    if(open, {now:DateTime64(3, 'UTC')} - INTERVAL 5 MINUTE,
        addMilliseconds(monday - INTERVAL 104 WEEK, toInt64(1000 * (604800 * floor(week) + 86400 * floor(day) + 28800 + 36000 * (day - floor(day)))))) AS started_at,
    multiIf(open, 'RUNNING', h % 1000 < 50 + p * 37 % 200, 'FAILED', h % 1000 >= 990, 'CANCELED', 'COMPLETED') AS status,
    toUInt8(bitShiftRight(h, 10) % 4) AS bad_stage,
    status = 'COMPLETED' AND bitShiftRight(h, 20) % 25 = 0 AS retried,
    arrayMap(s -> toUInt32((60 + p * 13 % 400) * (0.5 + (bitShiftRight(h, 8 * s) % 100) / 100)), [0, 1, 2, 3]) AS took,
    multiIf(status = 'COMPLETED', 4, open, 1, bad_stage + 1) AS reached,
    toUInt64(p) * 1000000 + r AS ver
FROM
(
    SELECT number AS p, toUInt32(greatest(5, {runs:UInt64} * pow(number + 1, -0.6) / weights)) AS n
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
)
ARRAY JOIN arrayMap(i -> toUInt32(i + (p % 20 = 13 AND 2 * i > assumeNotNull(n))), range(1, n + 1)) AS r;
