-- Puts the rows of a batch in force, unless the rules have changed since.
INSERT INTO judged_units (unit, batch, generation, seen_at)
SELECT unit, batch, generation, seen_at
FROM judging_units
WHERE batch = {batch:UInt64} AND generation = (SELECT generation FROM deployment_generation)
