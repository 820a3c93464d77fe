-- Tenants that have been polled.
SELECT DISTINCT tenant FROM newest_polls ORDER BY tenant
