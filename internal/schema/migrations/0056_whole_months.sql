-- A month of poll records or messages becomes one part an hour after the last was
-- written to it, as weeks and months of runs do (0040_runs_by_day.sql): FINAL has
-- nothing to compare in it then.
ALTER TABLE polls MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;
ALTER TABLE events MODIFY SETTING min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;
