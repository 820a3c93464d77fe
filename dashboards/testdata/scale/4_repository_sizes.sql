INSERT INTO repository_sizes (tenant, repository_id, observed_at, project_id, name, capacity_mb, member_number, status, op, ver)
SELECT tenant, repository_id, {now:DateTime64(3, 'UTC')} - toIntervalHour(6 * d), project_id, name, capacity_mb * (1 - d / 4000) + cityHash64(name, d) % 10, member_number, 0, if(d = 1460, 'created', 'changed'), ver * 10000 + 1460 - d
FROM repositories
ARRAY JOIN range(1, 1461) AS d;
