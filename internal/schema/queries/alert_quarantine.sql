-- Messages that could not become a row.
SELECT messages AS value FROM {{dash_quarantine_count}}
