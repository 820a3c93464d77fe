-- The completeness certificate in one row per tenant, for the metrics of the
-- loader: runs stored, run numbers expected, missing ones by what is known of
-- them, and rows that CodeArts spoke of and that are not stored.
SELECT
    d.tenant AS tenant,
    d.known AS known,
    d.expected AS expected,
    d.pending AS pending,
    d.unknown AS unknown,
    d.open AS open,
    ifNull(c.unexplained, 0) AS unexplained
FROM
(
    SELECT tenant, toInt64(sum(completeness_days.known)) AS known, toInt64(sum(completeness_days.expected)) AS expected, toInt64(sum(completeness_days.pending)) AS pending,
        toInt64(sum(completeness_days.unknown)) AS unknown, toInt64(sum(completeness_days.open)) AS open
    FROM completeness_days
    GROUP BY tenant
) AS d
LEFT JOIN (SELECT tenant, toInt64(sum(coverage_check.unexplained)) AS unexplained FROM coverage_check GROUP BY tenant) AS c ON c.tenant = d.tenant
ORDER BY tenant
