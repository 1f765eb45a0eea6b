"""The provider of servers in a Heat stack on OpenStack."""
