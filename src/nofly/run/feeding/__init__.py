"""Feeds of live traffic: planned, connected, read side by side, and watched for silence."""
