"""``None`` made as lasting as PySide6 takes it to be.

From Python 3.12 on ``None`` is immortal (PEP 683), and PySide6 6.12 no longer counts references to it: under Python
3.11 each call that returns nothing takes one away, until the interpreter deallocates ``None`` and aborts. A reserve
that no test run uses up stands in for immortality. Import this before Qt is used.
"""

import ctypes
import sys

if sys.version_info < (3, 12):
    # An object of CPython begins with its reference count.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40
