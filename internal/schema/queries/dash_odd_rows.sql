-- The newest rows of answers that could not be read, until As of: where each
-- stood, why it could not be read, and how it begins. They are kept byte for
-- byte in the view odd_rows (secrets aside); the other rows of their pages are
-- stored.
SELECT
    o.observed_at AS observed_at,
    o.tenant AS tenant,
    if(startsWith(o.scope, '_'), '(tenant)', if(n.project = '', o.scope, n.project)) AS project,
    o.poller AS poller,
    o.api AS api,
    o.row_kind AS row_kind,
    o.position AS position,
    o.reason AS reason,
    o.size AS bytes,
    toValidUTF8(substring(o.raw, 1, 300)) AS beginning
FROM odd_rows AS o
LEFT JOIN {{dash_projects}} AS n ON n.tenant = o.tenant AND n.project_id = o.scope
WHERE o.observed_at <= {{dash_moment}} AND $__conditionalAll(o.tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(o.scope, '_') OR $__conditionalAll(o.scope IN (${project:singlequote}), $project))
ORDER BY o.observed_at DESC, o.digest
LIMIT 1000
