-- Every difference between one observed state of a gate configuration and the
-- next: Check gates, pipeline rules, rule sets and open-source policies.
-- Weakened: switched off, taken away, or the threshold moved so that more
-- passes. Who and when are CodeArts' own where it says them; else the time is
-- when Artery saw it, and nobody is named.
SELECT * EXCEPT (ver)
FROM {{dash_gate_differences}}
ORDER BY changed_at DESC, ver DESC, config, item, field
LIMIT 5000
