-- The generation of kept deployments, which a change of rules ends.
SELECT generation FROM deployment_generation
