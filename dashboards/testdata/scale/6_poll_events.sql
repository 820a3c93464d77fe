INSERT INTO scale_events (epoch, seq, stream, stored_at, subject, tenant, scope, kind, id, op, observed_at, ce_id, ce_type, ce_source, poll_id, body)
SELECT epoch, seq, 'scale', stored_at, concat('artery.scale.', scope, '.poll.', poller), tenant, scope, 'poll', poller, 'completed', observed_at, toString(seq), 'poll', 'scale', poll_id, '{"allowed_per_s":1.5}'
FROM polls
