-- Calls to CodeArts in the hour before As of, as a share of what the limits allow in an
-- hour at the present rate, of the tenant that is nearest to it; all projects
-- of the tenant. Towards 100 % polls wait for their turn and come late. Unknown
-- when the collector does not say what its limits allow.
SELECT max(p.calls / (3600 * l.allowed_per_s)) AS used
FROM
(
    SELECT tenant, sum(polls.calls) AS calls
    FROM {{dash_polls}} AS polls
    WHERE stored_at >= {{dash_moment}} - INTERVAL 1 HOUR AND stored_at <= {{dash_moment}} AND last
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    GROUP BY tenant
) AS p
INNER JOIN {{dash_call_limits}} AS l ON l.tenant = p.tenant
HAVING count() > 0
