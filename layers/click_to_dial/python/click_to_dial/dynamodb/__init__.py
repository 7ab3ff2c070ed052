"""Adapters to the one DynamoDB table: dial plans, cached facts, number lists, tokens."""
