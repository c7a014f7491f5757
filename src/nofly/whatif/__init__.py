"""What would follow: whom a zone would hit, what going round would cost, what it would expose."""
