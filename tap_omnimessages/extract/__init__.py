"""Read time windows: completely, once for all streams, and ahead; independent of API and Singer."""
