-- The levels of the chosen edition, as limits: the first level whose limit a
-- value keeps is its level.
SELECT edition, metric, band,
    multiIf(below IS NOT NULL, concat('under ', toString(below / 3600), ' h'), at_most IS NOT NULL, concat('at most ', toString(100 * at_most), ' %'),
        at_least IS NOT NULL, concat('at least ', toString(round(at_least, 4)), ' a day'), 'else') AS limit_text
FROM dora_bands
WHERE edition = ${edition:singlequote}
ORDER BY metric, rank
