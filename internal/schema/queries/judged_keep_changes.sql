-- Keeps the changes of the units of a batch.
INSERT INTO shipped_changes
SELECT (SELECT any(generation) FROM judging_units WHERE batch = {batch:UInt64}), {batch:UInt64}, *
FROM shipped_changes_now(batch = {batch:UInt64})
