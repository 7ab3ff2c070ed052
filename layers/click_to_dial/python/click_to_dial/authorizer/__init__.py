"""The authorizer: verify a caller's bearer token, in one of two modes. An error is a refusal."""
