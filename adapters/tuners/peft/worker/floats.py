"""The arrays that are read and written."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
