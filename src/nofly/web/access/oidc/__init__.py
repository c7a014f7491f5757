"""Logging in by an OpenID provider: the authorization code flow with PKCE, and of a token only who it is.

Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700
(best current practice for OAuth 2.0).
"""
