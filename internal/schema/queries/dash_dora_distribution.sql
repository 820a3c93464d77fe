-- Changes by their lead time, of all chosen services: from the commit to the end
-- of the first deployment that has it. Only changes with a commit time count.
SELECT class, countIf(lead_s IS NOT NULL AND lead_s >= low AND lead_s < high) AS changes
FROM {{dash_dora_changes_shipped}} AS c
CROSS JOIN values('place UInt8, class String, low Float64, high Float64', (1, 'under 1 h', 0, 3600), (2, '1 h to 1 day', 3600, 86400),
    (3, '1 to 7 days', 86400, 604800), (4, '7 to 30 days', 604800, 2592000), (5, '30 days and more', 2592000, 1e18)) AS k
GROUP BY place, class
ORDER BY place
