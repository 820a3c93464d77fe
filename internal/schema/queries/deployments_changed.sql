-- Of how many pipelines a batch changes the terms.
SELECT count() FROM deployment_terms WHERE batch = {batch:UInt64}
