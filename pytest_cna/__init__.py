"""pytest-cna: proves a cloud-native application resilient."""
