-- The completeness certificate in one row per tenant, for the metrics of the
-- loader: runs stored, run numbers expected, missing ones by what is known of
-- them, and rows that CodeArts spoke of and that are not stored. It is the sum of
-- completeness_days and coverage_check, without the days.
SELECT
    d.tenant AS tenant,
    d.known AS known,
    d.numbered + g.missing AS expected,
    g.missing - g.unknown AS pending,
    g.unknown AS unknown,
    d.open AS open,
    ifNull(c.unexplained, 0) AS unexplained
FROM
(
    SELECT
        tenant,
        toInt64(count()) AS known,
        countIf(run_number IS NOT NULL) AS numbered,
        toInt64(countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND op NOT IN ('deleted', 'expired'))) AS open
    FROM runs FINAL
    WHERE started_at IS NOT NULL
    GROUP BY tenant
) AS d
LEFT JOIN (SELECT tenant, sum(number_gaps.missing) AS missing, sum(number_gaps.unknown) AS unknown FROM number_gaps GROUP BY tenant) AS g ON g.tenant = d.tenant
LEFT JOIN (SELECT tenant, toInt64(sum(coverage_check.unexplained)) AS unexplained FROM coverage_check GROUP BY tenant) AS c ON c.tenant = d.tenant
ORDER BY tenant
