"""Databricks: statements that survive conflicts and lost replies, sessions and credentials, errors in words."""
