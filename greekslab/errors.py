"""The one error a caller's input can cause."""


class InputError(ValueError):
    """Bad input: names the thing, shows the value, says the remedy.

    Examples
    --------
    >>> raise InputError("vol", -0.2, "give a volatility per year as a decimal, 0 or more")
    Traceback (most recent call last):
        ...
    greekslab.errors.InputError: vol is -0.2: give a volatility per year as a decimal, 0 or more
    """

    def __init__(self, thing: str, value: object, remedy: str):
        self.thing, self.value, self.remedy = thing, value, remedy
        if getattr(value, "shape", None) == ():
            value = value.item()  # a NumPy scalar: show 0.6, not np.float64(0.6)
        shown = repr(value) if not isinstance(value, str) or value == "" else value
        super().__init__(f"{thing} is {shown}: {remedy}")
