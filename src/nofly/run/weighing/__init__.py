"""What-if: archives, zones and files to what a proposed zone would touch and ask for."""
