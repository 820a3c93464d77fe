-- Poll records, each once. A record never leaves its month, so FINAL need not hold
-- one month against the others, and reads those of a time range alone.
SELECT *
FROM polls FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
