-- What the change fail rate rests on: of the judged deployments those that failed,
-- by the kind of evidence (one may have several); pending ones, for which the
-- attribution window of the rules is not over, are in none of them. Without
-- incidents only rollbacks and marked remedies can show that a deployment failed.
SELECT
    countIf(d.mature AND has(d.reasons, 'incident linked to it')) AS linked,
    countIf(d.mature AND has(d.reasons, 'incident after it')) AS followed,
    countIf(d.mature AND has(d.reasons, 'rollback after it')) AS rolled_back,
    countIf(d.mature AND arrayExists(r -> startsWith(r, 'marked '), d.reasons)) AS remedied,
    countIf(d.mature AND d.failed) AS failed,
    countIf(NOT d.mature) AS pending,
    countIf(d.mature) AS mature
FROM {{dash_dora_deployments_judged}} AS d
