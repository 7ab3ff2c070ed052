"""The whole system on one machine: API Gateway, Salesforce simulator, DynamoDB (`make run`)."""
