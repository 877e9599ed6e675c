"""The suite examines itself: known-bad reapers must be failed, null reapers pass nothing, histories repeat.

``trials`` is what pytest runs, ``findings`` what is concluded from it, ``page`` how people read it.
"""
