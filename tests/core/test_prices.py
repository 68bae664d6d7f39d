from flait.core.prices import MICRODOLLARS, PRICES


def test_prices_are_those_of_the_list_and_of_invoices() -> None:
    assert 342 * PRICES["flights"] == 1.71 * MICRODOLLARS
    assert 26 * PRICES["schedules"] == 0.52 * MICRODOLLARS
    assert PRICES["usage"] == 0
