"""An issue that a change is planned for, as it was when somebody with write access asked for that."""
