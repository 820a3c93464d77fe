-- Three names as a number, for a poller or a pipeline, made of checksums that
-- ClickHouse computes once for each name that there is: millions of rows are counted
-- by it in a third of the time that they take by names.
(a, b, c) -> toUInt64(CRC64(a)) * 11400714819323198485 + toUInt64(CRC64(b)) * 13 + toUInt64(CRC64(c)) * 7
