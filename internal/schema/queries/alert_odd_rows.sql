-- Rows of answers that could not be read and were first seen in the last 24
-- hours, by API.
SELECT tenant, toString(api) AS api, toString(row_kind) AS row_kind, count() AS value
FROM odd_rows
WHERE odd_rows.observed_at > now() - INTERVAL 1 DAY
GROUP BY tenant, api, row_kind
