-- What CodeArts says of the page of each run, in every version of every run: ''
-- where it does not say it. A query joins them from the left by the number of the
-- run (RIGHT JOIN, not swapped) and takes the greatest: no other condition, so that
-- addresses are read of those runs only that are looked for.
SELECT run, detail_url
FROM runs_by_day
