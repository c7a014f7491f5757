"""Who may do what: users, logins, tokens, public links, and the record of every act."""
