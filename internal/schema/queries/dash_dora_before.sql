-- Two buckets: the 90 days before the time range, and the time range.
SELECT concat(toString(toUnixTimestamp($__fromTime) - 90 * 86400), '000,', toString(toUnixTimestamp($__fromTime)), '000')
