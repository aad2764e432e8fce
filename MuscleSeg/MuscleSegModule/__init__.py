"""The MuscleSeg panel of 3D Slicer: its sections, what they do, and the child processes that work for them."""
