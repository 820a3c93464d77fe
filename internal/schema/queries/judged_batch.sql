-- The number of a new batch of judged units: above all others, and nobody else's.
SELECT bitShiftLeft(greatest(toUInt64(toUnixTimestamp64Milli(now64(3))), bitShiftRight(max(batch), 20) + 1), 20) + rand() % 1048576 AS batch
FROM (SELECT batch FROM judging_units UNION ALL SELECT batch FROM judged_units)
