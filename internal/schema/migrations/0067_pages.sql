-- What the configuration says of how things are read, with more in it: which
-- environments are production by tenant and project, and the pages of pipelines,
-- repositories and gates beside those of runs.
--
-- production is (tenant, project, environments) in the order in which they are looked
-- for: the first that holds counts, the last always does. pages has by tenant and kind the form of an
-- address (queries/run_page.sql, queries/page_of.sql). Settings that were stored
-- before this have the pages of runs alone, as run_pages.
CREATE OR REPLACE VIEW settings_in_force AS
WITH argMax(settings.settings, activated_at) AS newest
SELECT
    arrayConcat(
        JSONExtract(newest, 'production_of', 'Array(Tuple(
            tenant String,
            project String,
            environments Array(String)))'),
        [('', '', if(newest = '', ['production'], JSONExtract(newest, 'production', 'Array(String)')))]) AS production,
    JSONExtract(newest, 'limits', 'Array(Tuple(
        name String,
        tenant String,
        project String,
        value Float64))') AS limits,
    if(JSONHas(newest, 'pages'),
        JSONExtract(newest, 'pages', 'Map(String, Map(String, String))'),
        mapApply((tenant, form) -> (tenant, map('run', form)), JSONExtract(newest, 'run_pages', 'Map(String, String)'))) AS pages
FROM settings;
