"""Who may come in: users, sessions, API tokens, sign-ins under way; and the audit log of what they change."""

from alembic import op

revision = "0006"
down_revision = "0005"

_STEPS = (
    """
    CREATE TABLE users (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
        password text,
        subject text UNIQUE,
        enabled boolean NOT NULL DEFAULT true,
        preferences jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        last_seen_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX users_by_name ON users (lower(name))",
    """
    CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        hash bytea NOT NULL UNIQUE,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ip text,
        agent text
    )
    """,
    "CREATE INDEX sessions_of_user ON sessions (user_id)",
    """
    CREATE TABLE tokens (
        id uuid PRIMARY KEY,
        hash bytea NOT NULL UNIQUE,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        UNIQUE (user_id, name)
    )
    """,
    """
    CREATE TABLE links (
        hash bytea PRIMARY KEY,
        user_id uuid REFERENCES users (id) ON DELETE CASCADE,
        expires_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE sign_ins (
        hash bytea PRIMARY KEY,
        flow jsonb NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE failed_logins (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        name bytea NOT NULL,
        ip text NOT NULL
    )
    """,
    "CREATE INDEX failed_logins_latest ON failed_logins (at)",
    """
    CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        via text NOT NULL,
        ip text,
        action text NOT NULL,
        target text NOT NULL,
        facts jsonb NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for step in _STEPS:
        op.execute(step)
