"""Events: what happens to a cluster and what is done to it; a class for each kind, a file for each
source.

A new observer adds a file here, or in its own distribution, with its classes, each under
``@declare``. Nothing else has to change: a reader of a timeline finds the class by the source and
kind in a line, and the page draws an unfamiliar kind from its declaration.
"""
