-- For how long the oldest change has waited to be judged, and of how many services
-- and pipelines of all tenants some waits: red stages, their alerts and DORA numbers
-- are those of before until it is, which takes seconds. After a change of the rules
-- or a rebuild everything waits, since then. Of a time in the past it is not kept.
SELECT age_s, units
FROM {{judging_wait}}
WHERE ({{dash_is_now}})
