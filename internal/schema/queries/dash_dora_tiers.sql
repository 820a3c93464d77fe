-- Where lead times come from, and what is not in them. A: comparison of commits;
-- B: only the deployed commit has a time; C: deployments without any commit
-- time; of these first seen: those whose commit is counted since its first run.
-- Baseline: first deployments, whose changes nobody knows. Negative: committed after
-- they were deployed, a clock or a re-written commit. Older: a deployment that went
-- back to a commit not deployed before. Repeated: a commit of tier C once more. Not
-- split: of those that count, or are first seen, the ones whose run began before the
-- commit or after the end; they are in no part of the lead time, and neither are those
-- whose run has no known start.
SELECT
    countIf(tier = 'A' AND state = 'counted') AS a,
    countIf(tier = 'B' AND state = 'counted') AS b,
    countIf(tier = 'C') AS c,
    countIf(state = 'first seen') AS seen,
    countIf(state = 'baseline') AS baseline,
    countIf(state = 'negative') AS negative,
    countIf(state = 'older') AS older,
    countIf(state = 'repeated') AS repeated,
    countIf(tier = 'A' AND state = 'no time') AS no_time,
    countIf(state IN ('counted', 'first seen') AND run_started_at IS NOT NULL AND NOT split) AS unsplit
FROM {{dash_dora_changes_shipped}} AS c
