"""Claims checked: files read, tracks run through the kernel, the sheet written."""
