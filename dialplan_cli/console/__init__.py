"""The local web console: pages that show, in a browser, what the commands print."""
