"""The HTTP front's parts: wire formats, routes, the forwarding to moto, and the application that ties them."""
