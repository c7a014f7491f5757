"""What a proposed zone would touch and ask for, weighed before anyone decides."""
