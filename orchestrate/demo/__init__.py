"""`make demo-fleet`: Airflow, two workers, PostgreSQL and Redis load three invented accounts."""
