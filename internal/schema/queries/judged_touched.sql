-- How many units are to be judged anew.
SELECT count() FROM touched_units
