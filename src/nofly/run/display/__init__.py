"""What a watch shows of itself: on a terminal, and to Prometheus."""
