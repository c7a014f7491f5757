"""Who may do what: users, sessions, tokens, public links, and the record of every act."""
