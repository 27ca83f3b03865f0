"""Labels in, labels out: a Series or DataFrame of inputs gives a result with the same index.

Inside, all is NumPy and goes by place. Two inputs whose labels differ would be matched wrongly without a word, so
they are refused.
"""

import numpy as np

from greekslab.errors import InputError


def labels_of(**inputs):
    """Return a function that gives a computed array the form of the inputs.

    Parameters
    ----------
    **inputs
        The caller's inputs by name; those with labels (Series, DataFrame) must all have the same ones.

    Returns
    -------
    callable
        Turns an array into a float where all inputs are scalars, into a Series or DataFrame with the inputs' labels
        where one of them has any and the shapes agree, and leaves it an array otherwise.
    """
    labelled = {name: value for name, value in inputs.items() if hasattr(value, "iloc")}
    if not labelled:
        return plain
    (name, first), *others = labelled.items()
    for other_name, other in others:
        same = first.ndim == other.ndim and all(a.equals(b) for a, b in zip(first.axes, other.axes, strict=True))
        if not same:
            shown = [list(axis[:3]) for axis in other.axes]
            raise InputError(
                f"labels of {other_name}", shown, f"those of {name} differ; reindex one, or pass it as .to_numpy()"
            )
    return lambda value: type(first)(value, *first.axes) if np.shape(value) == first.shape else plain(value)


def plain(value):
    """Return a float for a scalar; an array as it is."""
    return float(value) if np.ndim(value) == 0 else value
