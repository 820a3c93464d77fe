-- The time that panels of ages and of the last hours show: As of, or now if that
-- is now.
SELECT if({{dash_is_now}}, now64(3, 'UTC'), {{dash_as_of}})
