"""Who makes the machines."""
