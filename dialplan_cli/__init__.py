"""`dialplan`: validate, publish, explain and take back dial plans from the command line."""
