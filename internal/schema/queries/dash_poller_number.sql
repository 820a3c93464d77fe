-- A poller as a number, made of checksums that ClickHouse computes once for each
-- name that there is: quicker to count by than three names.
(tenant, scope, poller) -> toUInt64(CRC64(tenant)) * 11400714819323198485 + toUInt64(CRC64(scope)) * 13 + toUInt64(CRC64(poller)) * 7
