-- The most overdue poller: the age of its last round without an error, as a
-- share of its objective. 100 % and more is too old; unknown when a poller has
-- never had a good round. The collector health dashboard shows every poller.
SELECT late FROM {{dash_freshness}} ORDER BY late DESC NULLS FIRST LIMIT 1
