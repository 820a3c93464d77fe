-- What the configuration says of how things are read: which environments are
-- production, the limits of alerts, the pages of runs. The configuration is the
-- owner; this table is what the loaders have put in force, a row for each time.
-- settings is JSON (schema.Settings). The latest is in force, at once: nothing
-- that is stored follows from it.
CREATE TABLE IF NOT EXISTS settings
(
    activated_at DateTime64(3, 'UTC'),
    settings     String
)
ENGINE = ReplacingMergeTree
ORDER BY activated_at;

-- The settings in force, one row. limits has those alone that the configuration
-- gives, in its order (queries/limit_of.sql has the others), run_pages those
-- tenants alone that it gives a page of their own (queries/run_page.sql).
CREATE VIEW IF NOT EXISTS settings_in_force AS
WITH argMax(settings.settings, activated_at) AS newest
SELECT
    if(newest = '', ['production'], JSONExtract(newest, 'production', 'Array(String)')) AS production,
    JSONExtract(newest, 'limits', 'Array(Tuple(
        name String,
        tenant String,
        project String,
        value Float64))') AS limits,
    JSONExtract(newest, 'run_pages', 'Map(String, String)') AS run_pages
FROM settings;
