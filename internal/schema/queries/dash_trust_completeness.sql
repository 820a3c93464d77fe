-- Run numbers stored, as a share of all n numbers between the lowest and the
-- highest one of each pipeline. Unknown while the execution records of any
-- pipeline with runs have not been read to their end, and while there are none. As of
-- a time in the past it is what had been seen by then.
SELECT if(countIf(history IN ('in part', 'not read')) > 0 OR n = 0, NULL, sum(stored) / n) AS completeness, sum(expected) AS n
FROM {{dash_completeness_pipelines}} AS c
HAVING count() > 0
