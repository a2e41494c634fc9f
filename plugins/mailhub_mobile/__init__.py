"""The phone: connectors of users' devices, and the companion API and its page mounted at `/mobile/v1` and `/m`."""
