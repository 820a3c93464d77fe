-- The start of the interval of a trend that a time is in, for queries of trends (WITH
-- {{bucket_start}} AS bucket_start): of its day, week or month in the zone of the
-- deployment rules, as those of the DORA metrics.
at -> multiIf(
    ${bucket:singlequote} = 'month', toDateTime(toStartOfMonth(at, assumeNotNull((SELECT zone FROM deployment_rules_in_force)) AS zone), zone),
    ${bucket:singlequote} = 'week', toDateTime(toStartOfWeek(at, 1, zone), zone),
    toStartOfDay(at, zone))
