"""Live scenarios: a real Airflow runs a real DAG and ends up in the world that the reaper sweeps."""
