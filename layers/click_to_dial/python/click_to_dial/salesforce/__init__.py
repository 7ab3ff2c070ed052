"""The Salesforce organisation: records, users, login. Only `transport` knows the library."""
