"""The one way to open, list, copy, move and remove what untrusted code may have written: reports, checkouts, installed
environments, the folders of a run.

Such a name can be anything: a link to a file of this host, a pipe that blocks whoever opens it, a device, a file
without end, a tree without end. It can also be replaced while we look at it. So a path is walked from an open folder,
one component at a time, and every component is opened relative to the folder before it, without following links. Only
regular files are opened, and never more is read than the caller allows.

All functions block; call them in a thread where the file system may be slow.
"""

from activities.untrusted_files.folder import FoundEntry, TreeLimits, UntrustedFolder
from activities.untrusted_files.opening import UntrustedFileError
from activities.untrusted_files.removal import remove_tree

__all__ = ["FoundEntry", "TreeLimits", "UntrustedFileError", "UntrustedFolder", "remove_tree"]
