-- Tenants that have been polled.
SELECT DISTINCT tenant FROM polls FINAL ORDER BY tenant
