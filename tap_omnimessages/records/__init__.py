"""Columns, and records made from rows."""
