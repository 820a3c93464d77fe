-- The time that panels of ages and of the last hours show: As of, or now if that is
-- no more than five minutes ago.
SELECT if({{dash_as_of}} >= now64(3, 'UTC') - INTERVAL 5 MINUTE, now64(3, 'UTC'), {{dash_as_of}})
