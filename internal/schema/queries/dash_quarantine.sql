-- The newest messages until As of that could not become a row, with the reason. All
-- tenants; the subject names tenant, project, kind and entity.
SELECT stored_at, seq, subject, error, length(body) AS bytes, loader_version
FROM quarantine FINAL
WHERE stored_at <= {{dash_moment}}
ORDER BY epoch DESC, seq DESC
LIMIT 1000
