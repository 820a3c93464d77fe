INSERT INTO polls (tenant, scope, poller, epoch, seq, stored_at, poll_id, part, last, events, complete, total, pages, calls, errors, kinds, started_at, finished_at, version, op, observed_at, ver)
SELECT 'scale', project_id, poller, 1, number, at, toString(number), 0, true, 1, poller != 'active', 100, 2, 2, 0, ['pipeline', 'run'], at - INTERVAL 1 SECOND, at, 'scale', 'completed', at, number
FROM
(
    SELECT
        number,
        lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))) AS project_id,
        ['pipelines', 'active', 'history', 'details'][1 + intDiv(number, {projects:UInt64}) % 4] AS poller,
        {now:DateTime64(3, 'UTC')} - toIntervalMinute(5 * intDiv(number, 4 * {projects:UInt64})) AS at
    FROM numbers(4 * {projects:UInt64} * 12 * 24 * 30)
);
