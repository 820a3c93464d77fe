-- The limit of an alert, for the queries of alerts (WITH {{limit_of}} AS
-- limit_of): the first entry of alerts.limits in the configuration that gives it
-- and holds for the tenant and the project's name, else the default. Times are
-- seconds.
(wanted, tenant, project) -> arrayFirst(
    l -> l.1 = wanted AND l.2 IN ('', tenant) AND match(project, l.3),
    arrayConcat((SELECT limits FROM settings_in_force), [
        ('red', '', '', 86400.),
        ('queue', '', '', 300.),
        ('silent', '', '', 1.5),
        ('repository_percent', '', '', 90.),
        ('repository_days', '', '', 14.),
        ('gate_weakened', '', '', 604800.),
        ('last_message', '', '', 600.),
        ('judging', '', '', 900.)])).4
