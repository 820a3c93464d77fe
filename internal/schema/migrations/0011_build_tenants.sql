-- Tenants as CodeArts Build "Querying the Status of Other Tenants in
-- Cross-Tenant Scenarios" shows them, newest state per domain. The flags that
-- the API gives as numbers stay numbers. spec_threshold is JSON in a string;
-- its items may lack the threshold.
CREATE TABLE IF NOT EXISTS build_tenants
(
    tenant                       LowCardinality(String),
    domain_id                    String,
    domain_name                  String,
    service_name                 LowCardinality(String),
    free_quota                   Bool,
    free_package_quota           Bool,
    status                       Int32,
    is_federation                Int32,
    is_whitelist                 Int32,
    region                       LowCardinality(String),
    package_type                 LowCardinality(String),
    domain_type                  Int32,
    domain_business_type         LowCardinality(String),
    domain_malicious_docker_args String,
    allow_custom_env             Int32,
    spec_threshold               String,
    spec_thresholds              Array(Tuple(spec String, threshold Nullable(Int64))),
    op                           LowCardinality(String),
    is_deleted                   UInt8,
    observed_at                  DateTime64(3, 'UTC'),
    ver                          UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, domain_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS build_tenants_mv TO build_tenants AS
WITH JSONExtract(body, 'Tuple(
    domain_name String,
    service_name String,
    free_quota Bool,
    free_package_quota Bool,
    status Int32,
    is_federation Int32,
    is_whitelist Int32,
    region String,
    package_type String,
    domain_type Int32,
    domain_business_type String,
    domain_malicious_docker_args String,
    allow_custom_env Int32,
    spec_threshold String)') AS b
SELECT
    tenant,
    id AS domain_id,
    b.domain_name AS domain_name,
    b.service_name AS service_name,
    b.free_quota AS free_quota,
    b.free_package_quota AS free_package_quota,
    b.status AS status,
    b.is_federation AS is_federation,
    b.is_whitelist AS is_whitelist,
    b.region AS region,
    b.package_type AS package_type,
    b.domain_type AS domain_type,
    b.domain_business_type AS domain_business_type,
    b.domain_malicious_docker_args AS domain_malicious_docker_args,
    b.allow_custom_env AS allow_custom_env,
    b.spec_threshold AS spec_threshold,
    JSONExtract(b.spec_threshold, 'Array(Tuple(spec String, threshold Nullable(Int64)))') AS spec_thresholds,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'build_tenant';
