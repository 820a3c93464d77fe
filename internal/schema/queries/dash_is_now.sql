-- Whether As of is now, for what is only known of now: no poll record has been seen
-- that came more than five minutes after it, or it is no more than five minutes ago.
-- Read without FINAL: the newest of all versions counts.
SELECT {{dash_as_of}} >= least(max(newest_polls.observed_at), now64(3, 'UTC')) - INTERVAL 5 MINUTE FROM newest_polls
