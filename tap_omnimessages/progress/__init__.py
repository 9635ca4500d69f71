"""Progress of a sync: log lines, or a bar on a terminal."""
