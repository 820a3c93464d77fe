-- Every difference between one observed state of a gate configuration and the
-- next: Check gates, pipeline rules, rule sets and open-source policies.
-- Weakened: switched off, taken away, or the threshold moved so that more
-- passes. What is off, or is part of something that is, before or after is changed,
-- neither weakened nor strengthened: the switch itself says which, once. Whether it is
-- weaker than the baseline when it is on again is in Drift. Who and when are CodeArts' own where it says them; else the time is
-- when Artery saw it, and nobody is named.
SELECT * EXCEPT (ver)
FROM {{dash_gate_differences}}
ORDER BY changed_at DESC, ver DESC, config, item, field
LIMIT 5000
