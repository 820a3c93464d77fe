-- Puts the terms of a batch in force, unless the rules have changed since.
INSERT INTO deployment_terms
SELECT * REPLACE true AS in_force
FROM deployment_terms
WHERE batch = {batch:UInt64} AND NOT deployment_terms.in_force AND generation = (SELECT generation FROM deployment_generation)
