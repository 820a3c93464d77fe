-- Stages that began to fail in the time range, and of those that recovered in
-- it (n) the time from the end of the first failed attempt to the end of the
-- success: median and 90th percentile over all n. What is still red is not in
-- the percentiles: it is counted apart, on the left. Listed: of both, how many the
-- table of transitions has.
SELECT
    countIf($__timeFilter(red_since)) AS newly,
    countIf($__timeFilter(green_at)) AS n,
    least(newly + n, 5000) AS listed,
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p50,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p90
FROM {{dash_red_times}}
