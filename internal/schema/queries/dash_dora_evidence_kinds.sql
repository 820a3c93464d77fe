-- What the change fail rate rests on: failed deployments by the kind of evidence
-- (one may have several), those that are pending because the attribution window
-- of the rules is not over, and those judged. Without incidents only rollbacks
-- and marked remedies can show that a deployment failed.
SELECT
    countIf(has(d.reasons, 'incident linked to it')) AS linked,
    countIf(has(d.reasons, 'incident after it')) AS followed,
    countIf(has(d.reasons, 'rollback after it')) AS rolled_back,
    countIf(arrayExists(r -> startsWith(r, 'marked '), d.reasons)) AS remedied,
    countIf(d.failed) AS failed,
    countIf(NOT d.mature) AS pending,
    countIf(d.mature) AS mature
FROM {{dash_dora_deployments_judged}} AS d
