-- Messages that could not become a row, all tenants, until As of. They are kept
-- byte for byte in the table quarantine until somebody has looked at them.
SELECT count() AS messages FROM quarantine FINAL WHERE stored_at <= {{dash_moment}}
