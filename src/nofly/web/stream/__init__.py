"""What is told as it happens: positions over WebSocket, records over server-sent events."""
