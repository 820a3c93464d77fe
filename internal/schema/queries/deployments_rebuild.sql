-- Begins a new generation of kept deployments.
INSERT INTO deployment_rebuilds
SELECT greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND) FROM deployment_rebuilds
