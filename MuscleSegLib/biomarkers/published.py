"""What the literature says of the error of measures made with predicted labels.

Hostin et al., J Magn Reson Imaging 58:1826 (2023), give the bias of HRNet's measures in their Table 1; those are known
here. The confidence intervals of that table, and the errors of muscles above and below 20 % fat in their Table 2, are
not known here, and nothing is put in their place: what depends on them says so.
"""

from collections.abc import Mapping

#: Mean of predicted minus true labels, by column (Hostin 2023, Table 1, HRNet).
BIAS: Mapping[str, float] = {
    "ff_mean_percent": -0.32,
    "mtr_mean_percent": 0.19,
    "t2_mean_ms": -0.55,
    "volume_cm3": -0.38,
}
#: Fat fraction in % above which a muscle counts as G20+.
G20_PERCENT = 20.0
#: What to expect of a G20+ muscle.
G20_EXPECTED_ERROR = "not known: Hostin 2023, Table 2, gives it, but its numbers are not part of this program"
