-- Size of every repository as a share of the limit of 30,720 MB.
SELECT tenant, project, repository, used AS value
FROM {{dash_repository_forecast}}
