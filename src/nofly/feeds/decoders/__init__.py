"""feeds/decoders"""
