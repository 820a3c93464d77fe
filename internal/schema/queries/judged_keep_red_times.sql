-- Keeps the red times of the pipelines of a batch.
INSERT INTO judged_red_times
SELECT (SELECT any(generation) FROM judging_units WHERE batch = {batch:UInt64}), {batch:UInt64}, *
FROM red_times_now(batch = {batch:UInt64})
