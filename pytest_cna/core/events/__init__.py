"""Events: what happens to a cluster and what is done to it, one class a kind, one file a source.

A new observer adds a file here (or in its own distribution) with its classes, each under
``@declare``; nothing else has to know them: readers of a timeline find a class by the source and
kind in the line, and a page draws a kind it does not know from its declaration.
"""
