"""Positions kept for good: Parquet files by hour, and the catalogue that says which of them count."""
