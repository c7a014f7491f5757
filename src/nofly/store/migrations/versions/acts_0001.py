"""The acts, only ever appended: one chain, each act once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE = (
    # A REPLACE would remove a row without firing the trigger on DELETE; so a row may only be the next one.
    """CREATE TRIGGER nofly_act_in_order BEFORE INSERT ON nofly_act
        WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM nofly_act)
        BEGIN SELECT RAISE(ABORT, 'acts are only appended'); END""",
    """CREATE TRIGGER nofly_act_no_update BEFORE UPDATE ON nofly_act
        BEGIN SELECT RAISE(ABORT, 'acts are never changed'); END""",
    """CREATE TRIGGER nofly_act_no_delete BEFORE DELETE ON nofly_act
        BEGIN SELECT RAISE(ABORT, 'acts are never removed'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION nofly_act_guard() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'acts are only appended'; END $$""",
    """CREATE FUNCTION nofly_act_order() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
        IF NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM nofly_act) THEN
            RAISE EXCEPTION 'acts are only appended';
        END IF;
        RETURN NEW; END $$""",
    """CREATE TRIGGER nofly_act_in_order BEFORE INSERT ON nofly_act
        FOR EACH ROW EXECUTE FUNCTION nofly_act_order()""",
    """CREATE TRIGGER nofly_act_no_update BEFORE UPDATE ON nofly_act
        FOR EACH STATEMENT EXECUTE FUNCTION nofly_act_guard()""",
    """CREATE TRIGGER nofly_act_no_delete BEFORE DELETE OR TRUNCATE ON nofly_act
        FOR EACH STATEMENT EXECUTE FUNCTION nofly_act_guard()""",
)


def upgrade() -> None:
    """Make the table, and what guards it."""
    op.create_table(
        "nofly_act",
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False, unique=True),
        sa.Column("hash", sa.Text(), nullable=False, unique=True),
        # Of two acts that would follow the same one, the database refuses the second.
        sa.Column("previous", sa.Text(), nullable=False, unique=True),
    )
    op.create_index("nofly_act_label", "nofly_act", ["label", "sequence"])
    guards = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in guards:
        op.execute(statement)
