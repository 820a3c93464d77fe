-- Every observed state of a gate that has no item at all. gate_history has a row
-- for each item, so it knows nothing of these: a gate of which all was taken away
-- seemed to be as before, and nobody was told of the weakest state that it has.
CREATE TABLE IF NOT EXISTS empty_gate_states
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    gate_id     LowCardinality(String),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, gate_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS empty_gate_states_mv TO empty_gate_states AS
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS gate_id,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'gate' AND empty(tupleElement(tupleElement(JSONExtract(body, 'Tuple(result Tuple(review_info Array(Tuple(name String))))'), 1), 1));

-- As in 0020_gate_changes.sql, with the states of gates without an item.
CREATE OR REPLACE VIEW gate_lives AS
SELECT * EXCEPT (settings, last_settings), if(gone, [('', '', '', 'exists', 'switch', 'false')], last_settings)
    ::Array(Tuple(parent String, item String, label String, field String, relation String, value String)) AS settings
FROM
(
    SELECT *, argMaxIf(settings, ver, full AND NOT gone) OVER (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_settings
    FROM
    (
        SELECT *, 1 AS full, op IN ('deleted', 'expired') AS gone
        FROM
        (
            SELECT * FROM gate_settings
            UNION ALL
            SELECT
                tenant, project_id, 'gate' AS kind, gate_id AS config_id, 'code check gate' AS config_name, '' AS version, '' AS who, '' AS edit_text,
                CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS edited_at, op, observed_at, ver,
                CAST([('', '', '', 'exists', 'switch', 'true')], 'Array(Tuple(parent String, item String, label String, field String, relation String, value String))') AS settings
            FROM empty_gate_states FINAL
        )
        WHERE op != 'missing'
        UNION ALL
        -- A list row tells when the configuration goes and comes back.
        SELECT
            tenant, project_id, kind, config_id, name AS config_name, version, '' AS who, '' AS edit_text,
            CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS edited_at, op, observed_at, ver,
            CAST([], 'Array(Tuple(parent String, item String, label String, field String, relation String, value String))') AS settings,
            0 AS full, op IN ('deleted', 'expired') AS gone
        FROM config_edits FINAL
        WHERE op IN ('deleted', 'expired', 'restored')
    )
)
WHERE notEmpty(last_settings);
