-- What failing and waiting cost. The configuration is the owner of the price
-- table; this table is what the loaders have put in force, a row for each time.
-- prices is JSON (schema.PriceTable). The latest is in force, for all of history
-- at once: no cost is stored anywhere.
CREATE TABLE IF NOT EXISTS price_tables
(
    activated_at DateTime64(3, 'UTC'),
    prices       String
)
ENGINE = ReplacingMergeTree
ORDER BY activated_at;

-- The price table in force, one row; without rows and without a currency while
-- nothing is configured.
CREATE VIEW IF NOT EXISTS prices_in_force AS
SELECT
    JSONExtractString(newest, 'currency') AS currency,
    JSONExtract(newest, 'table', 'Array(Tuple(
        tenant String,
        project String,
        pipeline String,
        machine_minute Nullable(Float64),
        waiting_minute Nullable(Float64)))') AS prices
FROM
(
    SELECT argMax(price_tables.prices, activated_at) AS newest FROM price_tables
);
