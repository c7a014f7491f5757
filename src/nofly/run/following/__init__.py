"""A running watch as another process or thread sees it: by what it leaves in its state folder."""
