"""The journal and the records made from it.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from acd.store.tables import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_journal()
    _make_calls()
    _make_parts_of_calls()
    _make_agents_history()


def _make_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("now_s", sa.Double, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("call_id", sa.Text),
        sa.Column("agent_id", sa.Text),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "journal_by_call",
        "journal",
        ["call_id", "run", "seq"],
        sqlite_where=sa.text("call_id IS NOT NULL"),
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )


def _make_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("dialled", sa.Text, nullable=False),
        sa.Column("caller_number", sa.Text, nullable=False),
        sa.Column("caller_name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("arrived_at", UtcTime, nullable=False),
        sa.Column("answered_at", UtcTime),
        sa.Column("ended_at", UtcTime, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("hung_up_by", sa.Text, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("ivr_s", sa.Double, nullable=False),
        sa.Column("wait_s", sa.Double, nullable=False),
        sa.Column("ring_s", sa.Double, nullable=False),
        sa.Column("talk_s", sa.Double, nullable=False),
        sa.Column("hold_s", sa.Double, nullable=False),
        sa.Column("wrap_up_s", sa.Double),
        sa.Column("ivr_path", sa.JSON, nullable=False),
    )
    op.create_index("calls_by_arrival", "calls", ["arrived_at"])
    op.create_index("calls_by_queue", "calls", ["queue_id", "arrived_at"])
    op.create_index("calls_by_agent", "calls", ["agent_id", "arrived_at"])


def _make_parts_of_calls() -> None:
    op.create_table(
        "queue_visits",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("visit", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("entered_at", UtcTime, nullable=False),
        sa.Column("left_at", UtcTime),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("wait_s", sa.Double, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("flowed_out_to", sa.Text, nullable=False),
    )
    op.create_index("queue_visits_by_queue", "queue_visits", ["queue_id", "entered_at"])
    op.create_table(
        "rings",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("ring", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reservation_id", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("ringing_at", UtcTime),
        sa.Column("ended_at", UtcTime),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
    )
    op.create_index("rings_by_agent", "rings", ["agent_id", "created_at"])


def _make_agents_history() -> None:
    op.create_table(
        "agent_states",
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("next_state", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
    )
    op.create_index("agent_states_by_agent", "agent_states", ["agent_id", "at"])
    op.create_table(
        "wrap_ups",
        sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("ended_at", UtcTime, nullable=False),
        sa.Column("wrap_up_s", sa.Double, nullable=False),
    )
    op.create_index("wrap_ups_by_call", "wrap_ups", ["call_id"])


def downgrade() -> None:
    for table in ("wrap_ups", "agent_states", "rings", "queue_visits", "calls", "journal"):
        op.drop_table(table)
