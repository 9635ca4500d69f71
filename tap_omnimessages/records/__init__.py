"""The columns of streams, and the conversion of rows to records."""
