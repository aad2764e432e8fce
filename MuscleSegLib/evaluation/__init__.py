"""How good a segmentation is: against outlines drawn by hand, and against the truth of simulated volumes."""
