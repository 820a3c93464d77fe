-- Keeps the deployments of the units of a batch.
INSERT INTO judged_deployments
SELECT (SELECT any(generation) FROM judging_units WHERE batch = {batch:UInt64}), {batch:UInt64}, *
FROM judged_rows_now(batch = {batch:UInt64})
