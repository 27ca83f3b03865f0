"""greekslab: how portfolios of crypto derivatives are margined.

Sub-packages, each building on those before it: `pricing`, `market`, `scenarios`, `book`, `risk`, `margin`, and on
top `figures` and `explorers` for the notebooks. The names used most are here as well, loaded when first used::

    from greekslab import Account, Book, Market, rules

    market = Market.btc()
    book = Book.from_list([("BTC-26NOV21-60000-C", -1), ("BTC-PERP", 0.7)])
    print(rules()["paradex"].margin(Account(book, cash=20_000), market).explain())
"""

from greekslab._lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "errors": ["InputError"],
        "pricing.black": ["price", "greeks"],
        "market.market": ["Market"],
        "scenarios.sets": ["ScenarioSet"],
        "scenarios.venue_sets": ["published"],
        "book.positions": ["Book"],
        "book.named": ["named_books"],
        "book.revalue": ["pnl_cube"],
        "margin.account": ["Account"],
        "margin.scan": ["Scan"],
        "margin.ready_made": ["rules"],
    },
)
