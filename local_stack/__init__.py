"""The whole system on one machine: API gateway, Salesforce simulator, DynamoDB (`make run`)."""
