"""DynamoDB and Secrets Manager, as the functions speak to them: JSON in one signed POST.

botocore would be half of a cold start, and of a warm decision's processor time (docs/decisions.md).
"""
