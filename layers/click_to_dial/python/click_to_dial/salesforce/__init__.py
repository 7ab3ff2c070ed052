"""The Salesforce organisation: records, users, login. Only `soql` knows simple-salesforce."""
