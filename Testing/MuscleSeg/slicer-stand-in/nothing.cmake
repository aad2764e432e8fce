# The files that Slicer's CMake package names and this stand-in does not need.
