"""Read time windows completely, once, and ahead; knows neither HTTP nor Singer."""
