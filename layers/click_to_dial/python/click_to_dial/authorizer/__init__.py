"""Who may call: the verdict on a bearer token, in either of two modes. Fails closed, in time."""
