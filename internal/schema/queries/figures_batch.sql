-- The newest batch of names and rules of pipelines that is in force.
SELECT max(batch) FROM deployment_terms WHERE in_force
