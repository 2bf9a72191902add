"""Settings: one's own profile and tokens; for admins also users, the audit log and the keys."""
