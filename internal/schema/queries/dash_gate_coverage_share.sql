-- Share of the projects whose code check gate has an item that is switched on,
-- of n of which that is known. Unknown: CodeArts was not asked yet, or did not
-- answer; those are not in the share.
SELECT if(n = 0, NULL, countIf(gate = 'on') / n) AS covered, countIf(gate != 'unknown') AS n, countIf(gate = 'unknown') AS unknown
FROM {{dash_gate_projects}}
