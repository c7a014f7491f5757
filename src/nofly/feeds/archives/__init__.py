"""feeds/archives"""
