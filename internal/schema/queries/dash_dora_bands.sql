-- The levels of the chosen edition, as limits: the first level whose limit a
-- value keeps is its level.
SELECT edition, metric, band,
    multiIf(below > 86400, concat('under ', toString(below / 86400), ' days'), below IS NOT NULL, concat('under ', toString(below / 3600), ' h'), at_most IS NOT NULL, concat('at most ', toString(100 * at_most), ' %'),
        at_least = 1, 'at least 1 a day', at_least < 1, concat('at least 1 in ', toString(round(1 / at_least)), ' days'), at_least > 1, concat('at least ', toString(at_least), ' a day'), 'else') AS limit_text
FROM dora_bands
WHERE edition = ${edition:singlequote}
ORDER BY metric, rank
