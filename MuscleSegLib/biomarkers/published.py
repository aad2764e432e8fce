"""What the literature says of the error of measures made with predicted labels.

Hostin et al., J Magn Reson Imaging 58:1826 (2023), give the bias and confidence intervals of HRNet's measures in their
Table 1, and the errors of muscles above and below 20 % fat in their Table 2. The biases are of their network, not of
this program's; the rest is not known here, and nothing is put in its place: what depends on it says so.
"""

#: Fat fraction in % above which a muscle counts as G20+.
G20_PERCENT = 20.0
#: What to expect of a G20+ muscle.
G20_EXPECTED_ERROR = "not known: Hostin 2023, Table 2, gives it, but its numbers are not part of this program"
