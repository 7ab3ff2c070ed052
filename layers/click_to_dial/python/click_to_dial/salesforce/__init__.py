"""Adapter of Salesforce. Only `client` imports simple-salesforce, only `session` requests."""
