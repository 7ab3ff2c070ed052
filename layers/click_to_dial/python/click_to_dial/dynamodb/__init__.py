"""What is kept in the one DynamoDB table: dial plans, facts, the access token."""
