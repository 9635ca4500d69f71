"""The people and pages of the generated world; no name or number can be a real person's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from omnimessages_sandbox.world.dice import dice

if TYPE_CHECKING:
    import random

FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
INVENTED_NAMES = (
    "Ví Dụ",
    "Văn Thử",
    "Thị Mẫu",
    "Giả Định",
    "Minh Họa",
    "Thử Nghiệm",
    "Bịa Đặt",
    "Tưởng Tượng",
    "Không Có Thật",
    "Làm Mẫu",
)

CHANNELS = ("ZALO", "FACEBOOK", "INSTAGRAM", "WHATSAPP", "LIVECHAT")
_CHANNEL_WEIGHTS = (78, 14, 4, 2, 2)
_ID_DIGITS = {"ZALO": 19, "FACEBOOK": 16, "INSTAGRAM": 17, "WHATSAPP": 15, "LIVECHAT": 12}
_LEAD_WITHOUT = 0.12
_FIRST_LEAD = 1000


@dataclass(slots=True, frozen=True)
class Customer:
    """A person on one page of one channel.

    Attributes:
        channel: The channel's literal, for instance `ZALO`.
        page_id: The id of the page that the person writes to.
        id: The person's id on that channel.
        lead_id: The person's number in the CRM; None if nobody linked one.
        name: An invented name.
        phone: An invented number: `84000` and six digits.
    """

    channel: str
    page_id: str
    id: str
    lead_id: int | None
    name: str
    phone: str

    @property
    def conversation_id(self) -> str:
        """The page's id, then the person's id; 38 digits on Zalo."""
        return self.page_id + self.id


def _digits(rng: random.Random, count: int) -> str:
    return str(rng.randrange(10 ** (count - 1), 9 * 10 ** (count - 1)))


def object_id(us: int, rng: random.Random) -> str:
    """Return a MongoDB id: the time in seconds as eight hexadecimal digits, then 16 drawn ones."""
    return f"{us // 1_000_000:08x}{rng.getrandbits(64):016x}"


class People:
    """The people of one seed; each is drawn on demand and always the same."""

    def __init__(self, seed: int) -> None:
        """Draw the account; people are drawn when they are needed."""
        self._seed = seed
        rng = dice(seed, "account")
        self.pages = {
            channel: [_digits(rng, _ID_DIGITS[channel]) for _ in range(2)] for channel in CHANNELS
        }
        self.agents = [object_id(1_560_000_000_000_000 + n, rng) for n in range(6)]
        self.shop_id = _digits(rng, 19)
        self.users = [_digits(rng, 19) for _ in range(3)]
        self.campaigns = [_digits(rng, 19) for _ in range(5)]
        self.customer = lru_cache(maxsize=50_000)(self._customer)

    def _customer(self, index: int) -> Customer:
        rng = dice(self._seed, "customer", index)
        channel = rng.choices(CHANNELS, _CHANNEL_WEIGHTS)[0]
        linked = rng.random() >= _LEAD_WITHOUT
        return Customer(
            channel,
            rng.choice(self.pages[channel]),
            _digits(rng, _ID_DIGITS[channel]),
            _FIRST_LEAD + index if linked else None,
            f"{rng.choice(FAMILY_NAMES)} {rng.choice(INVENTED_NAMES)}",
            f"84000{index % 1_000_000:06d}",
        )
