"""What must outlive a killed switch; how much of a call no switch watched, and whether the PBX's fallback had it.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("calls", sa.Column("unwatched_s", sa.Double, nullable=False, server_default=sa.text("0")))
    op.add_column("calls", sa.Column("fell_back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("calls_by_end", "calls", ["ended_at"])


def downgrade() -> None:
    op.drop_index("calls_by_end", "calls")
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("fell_back")
        calls.drop_column("unwatched_s")
    op.drop_table("memories")
