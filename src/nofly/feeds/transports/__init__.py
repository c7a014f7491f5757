"""feeds/transports"""
