-- An attempt of a stage as one number, in the order of ends, then of beginnings,
-- for queries that put many in order (WITH {{attempt_number}} AS number): its end
-- in ms, how much shorter it was than 2^21 times 512 ms, and in the last bit
-- whether it failed. CodeArts tells seconds: two that end together and did not
-- begin together are in order. Shifted right by 22 it is the end.
(ended_at, duration_ms, status) ->
    bitShiftLeft(toUInt64(toUnixTimestamp64Milli(assumeNotNull(ended_at))), 22) + bitXor(bitAnd(bitShiftRight(toUInt64(ifNull(duration_ms, 0)), 8), 4194302), 4194302) + (status = 'FAILED')
