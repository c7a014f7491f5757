"""The tables of the register, made and brought up to date by Alembic."""
