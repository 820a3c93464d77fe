-- The pages of runs in CodeArts, where CodeArts says them, of runs that were not
-- over when the first attempt ended that a query names in the array turns (its
-- tuples begin with the end), with a day of room for the zones of its text. They
-- are joined from the left by the number of the run (RIGHT ANY JOIN).
SELECT run, detail_url
FROM runs_by_day
WHERE detail_url != '' AND (until >= arrayMin(turns.1) - INTERVAL 1 DAY OR until = toDateTime64(0, 3, 'UTC'))
