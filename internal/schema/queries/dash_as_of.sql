-- The time that state panels show: that of the variable As of (UTC), else the
-- end of the time range; never after now.
SELECT least(parseDateTime64BestEffort(if(${as_of:singlequote} IN ('', 'not set'), '2200-01-01', ${as_of:singlequote}), 3, 'UTC'), toDateTime64($__toTime, 3, 'UTC'), now64(3, 'UTC'))
