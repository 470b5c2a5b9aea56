"""How many requests a token may make."""

from rookery.entrypoints.api.rates import Buckets


class Hands:
    """A clock's hands, set by the test."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_full_bucket_is_emptied_at_once_and_then_fills_evenly():
    hands = Hands()
    buckets = Buckets(2, 3, hands)
    assert [buckets.take("a").left for _ in range(3)] == [2, 1, 0]
    assert buckets.take("a").wait == 0.5
    hands.at = 0.25
    assert buckets.take("a").wait == 0.25
    hands.at = 0.5
    assert buckets.take("a") == (0, 0.0)
    hands.at = 100
    assert buckets.take("a").left == 2


def test_one_token_takes_nothing_from_another():
    buckets = Buckets(1, 1, Hands())
    assert buckets.take("a").wait == 0
    assert buckets.take("b").wait == 0
    assert buckets.take("a").wait == 1


def test_headers_tell_the_policy_what_is_left_and_how_long_to_wait():
    buckets = Buckets(0.5, 1, Hands())
    assert buckets.headers(buckets.take("a")) == {
        "RateLimit-Policy": '"token";q=1;w=2',
        "RateLimit": '"token";r=0;t=1',
    }
    assert buckets.headers(buckets.take("a"))["Retry-After"] == "2"
