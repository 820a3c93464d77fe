-- Widths of a bucket of a trend.
SELECT arrayJoin(['week', 'day', 'month']) AS bucket
