"""The map, the API and the streams: what people work in, over the state of a watch.

It reads the state folder (record, journal, law, status) and nothing else of a watch, so that no client and no
request can slow the loop; in the same process or beside it, the same code.
"""
