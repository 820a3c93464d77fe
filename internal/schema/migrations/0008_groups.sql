-- Every observed state of the groups of both trees: kind pipeline_group is
-- CodeArts Pipeline API Reference 4.3.4, build_group is CodeArts Build
-- "Querying a Group Tree". parent_id is '' at the root; path_id is the ids from
-- the root, whose number is depth (1 at the root). The API of pipelines spells
-- the last editor updater or update, has ids of users where that of builds has
-- names, and epoch times where that of builds has text such as
-- 2025-06-05T07:06:50+0800.
CREATE TABLE IF NOT EXISTS group_states
(
    tenant       LowCardinality(String),
    project_id   LowCardinality(String),
    kind         LowCardinality(String),
    group_id     String,
    parent_id    String,
    path_id      String,
    depth        UInt8,
    ordinal      Int32,
    name         String,
    domain_id    LowCardinality(String),
    creator      LowCardinality(String),
    updater      LowCardinality(String),
    created_text String,
    updated_text String,
    created_at   Nullable(DateTime64(3, 'UTC')),
    updated_at   Nullable(DateTime64(3, 'UTC')),
    op           LowCardinality(String),
    observed_at  DateTime64(3, 'UTC'),
    ver          UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, kind, group_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS group_states_mv TO group_states AS
WITH
    JSONExtract(body, 'Tuple(
        parent_id String,
        path_id String,
        ordinal Int32,
        name String,
        domain_id String,
        creator String,
        create_user String,
        updater String,
        update String,
        update_user String)') AS b,
    kind = 'build_group' AS build,
    if(build, JSONExtractString(body, 'create_time'), '') AS created,
    if(build, JSONExtractString(body, 'update_time'), '') AS updated
SELECT
    tenant,
    scope AS project_id,
    kind,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    if(build, b.create_user, b.creator) AS creator,
    multiIf(build, b.update_user, b.updater = '', b.update, b.updater) AS updater,
    created AS created_text,
    updated AS updated_text,
    if(build, parseDateTime64BestEffortOrNull(created, 3, 'UTC'), fromUnixTimestamp64Milli(nullIf(JSONExtractInt(body, 'create_time'), 0), 'UTC')) AS created_at,
    if(build, parseDateTime64BestEffortOrNull(updated, 3, 'UTC'), fromUnixTimestamp64Milli(nullIf(JSONExtractInt(body, 'update_time'), 0), 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind IN ('pipeline_group', 'build_group');

-- Every state with the one before it. path is the names from the root as they
-- were when the state was seen, an id where a name is not known; old_path is
-- that of the state before, as it was until then. changes says what
-- differs: created, renamed, moved (to another parent, by somebody), carried
-- (with a parent that moved), reordered (among its siblings). A group whose
-- parent is renamed has no state of its own: nothing of it has changed.
CREATE VIEW IF NOT EXISTS group_history AS
SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.kind AS kind,
    s.group_id AS group_id,
    s.name AS name,
    arrayMap(g -> coalesce(nullIf(arrayLast(x -> x.1 <= s.observed_at, n.names[g]).2, ''), g), splitByChar('.', s.path_id)) AS path,
    if(s.n = 1, [], arrayMap(g -> coalesce(nullIf(arrayLast(x -> x.1 < s.observed_at, n.names[g]).2, ''), g), splitByChar('.', s.old_path_id))) AS old_path,
    s.old_name AS old_name,
    s.parent_id AS parent_id,
    s.old_parent_id AS old_parent_id,
    s.path_id AS path_id,
    s.old_path_id AS old_path_id,
    s.depth AS depth,
    s.ordinal AS ordinal,
    arrayFilter(c -> c != '', if(s.n = 1, ['created'], [
        if(s.name != s.old_name, 'renamed', ''),
        multiIf(s.parent_id != s.old_parent_id, 'moved', s.path_id != s.old_path_id, 'carried', ''),
        if(s.parent_id = s.old_parent_id AND s.ordinal != s.old_ordinal, 'reordered', '')
    ])) AS changes,
    s.creator AS creator,
    s.updater AS updater,
    s.created_at AS created_at,
    s.updated_at AS updated_at,
    s.n > 1 AND s.updated_at IS NOT NULL AND NOT (s.updated_at <=> s.old_updated_at) AS says_who,
    s.op AS op,
    s.observed_at AS observed_at,
    s.ver AS ver
FROM
(
    SELECT
        *,
        row_number() OVER w AS n,
        lagInFrame(name) OVER w AS old_name,
        lagInFrame(parent_id) OVER w AS old_parent_id,
        lagInFrame(path_id) OVER w AS old_path_id,
        lagInFrame(ordinal) OVER w AS old_ordinal,
        lagInFrame(updated_at) OVER w AS old_updated_at
    FROM group_states FINAL
    WINDOW w AS (PARTITION BY tenant, project_id, kind, group_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) AS s
INNER JOIN
(
    SELECT tenant, project_id, kind, mapFromArrays(groupArray(group_id), groupArray(states)) AS names
    FROM
    (
        SELECT tenant, project_id, kind, group_id, arraySort(groupArray((observed_at, name))) AS states
        FROM group_states FINAL
        GROUP BY tenant, project_id, kind, group_id
    )
    GROUP BY tenant, project_id, kind
) AS n ON n.tenant = s.tenant AND n.project_id = s.project_id AND n.kind = s.kind;

-- Moves: a group that was put under another parent, with its path before and
-- after. What stands below it has moved along and is no move. moved_at and
-- moved_by are what the API says of the last edit; NULL and '' where it did
-- not note one.
CREATE VIEW IF NOT EXISTS group_moves AS
SELECT
    tenant,
    project_id,
    kind,
    group_id,
    name,
    old_path,
    path AS new_path,
    old_parent_id,
    parent_id AS new_parent_id,
    observed_at AS seen_at,
    if(says_who, updated_at, NULL) AS moved_at,
    if(says_who, updater, '') AS moved_by,
    ver
FROM group_history
WHERE has(changes, 'moved');

-- The groups that are there, with the names of their path of today.
CREATE VIEW IF NOT EXISTS groups_now AS
SELECT
    g.*,
    arrayMap(id -> if(n.names[id] = '', id, n.names[id]), splitByChar('.', g.path_id)) AS path
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM group_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, project_id, kind, group_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS g
INNER JOIN
(
    SELECT tenant, project_id, kind, mapFromArrays(groupArray(group_id), groupArray(name)) AS names
    FROM
    (
        SELECT tenant, project_id, kind, group_id, argMax(group_states.name, group_states.ver) AS name
        FROM group_states
        GROUP BY tenant, project_id, kind, group_id
    )
    GROUP BY tenant, project_id, kind
) AS n ON n.tenant = g.tenant AND n.project_id = g.project_id AND n.kind = g.kind;

CREATE VIEW IF NOT EXISTS pipeline_groups AS
SELECT * EXCEPT (kind, created_text, updated_text) FROM groups_now WHERE kind = 'pipeline_group';

CREATE VIEW IF NOT EXISTS build_groups AS
SELECT * EXCEPT (kind) FROM groups_now WHERE kind = 'build_group';
