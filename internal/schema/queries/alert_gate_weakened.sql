-- Settings of gates whose last change weakened them, for a time after it was seen
-- (gate_weakened) or until they change again. Weakened: switched off, taken away,
-- or the threshold moved so that more passes while it is on.
SELECT tenant, project_id, project, kind, config_id, config, item, field, before, after, toUInt8(1) AS value
FROM {{alert_weakened_gates}}
