-- Messages of the log, each once, read as poll records are (dash_polls).
SELECT *
FROM events FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
