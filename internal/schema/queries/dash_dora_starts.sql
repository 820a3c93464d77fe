-- The buckets of the time range, by days, weeks or months of the zone of the rules.
SELECT arrayStringConcat(bucket_starts, ',')
FROM dora_buckets(from_at = $__fromTime, to_at = $__toTime, bucket = ${bucket:singlequote}, zone = (SELECT zone FROM deployment_rules_in_force))
