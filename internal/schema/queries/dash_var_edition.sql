-- Editions of the benchmark levels.
SELECT DISTINCT edition FROM dora_bands ORDER BY edition DESC
