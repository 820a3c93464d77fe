-- Notes units that are to be judged anew: those of a generation that is over, and
-- those that were touched first. Some at a time, so that their rows stay in memory.
INSERT INTO judging_units (batch, unit, generation, seen_at)
SELECT {batch:UInt64}, unit, (SELECT generation FROM deployment_generation), touched_at
FROM touched_units
ORDER BY is_over DESC, if(is_over, place, ('', '', '')), touched_at
LIMIT {units:UInt64}
