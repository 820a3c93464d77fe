-- Fails when the engine can not read an expression of a rule set; else the
-- number of its rules and markers.
SELECT
    (
        SELECT count()
        FROM deployment_rules_of(rules = {rules:String})
        WHERE NOT ignore(match('', project), match('', group), match('', pipeline), match('', stage), match('', branch), match('', tag))
    )
    + arraySum(m -> NOT ignore(match('', m.1), match('', m.2), match('', m.3)),
        JSONExtract({rules:String}, 'markers', 'Array(Tuple(branch String, tag String, message String))')) AS n
