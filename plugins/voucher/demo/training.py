"""The voucher for vocational training: held when a course begins, earned by its result."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from core.demo import TRAINEE, TRAINING, Provider
from plugins.voucher.demo import programmes
from plugins.voucher.demo.story import SKILL, Card, Story

COURSES = (
    ("carer", "养老护理员", 180_000),
    ("nanny", "育婴员", 160_000),
    ("power", "低压电工", 200_000),
    ("cook", "中式烹调师", 140_000),
)
OFFERS: programmes.Offers = {TRAINING: {code: price for code, _name, price in COURSES}}
IN_HARDSHIP = ["低保", "低保边缘"]
LONGEST = 45  # days from the beginning to the result
LENGTHS = (20, 38)
HOURS = (8, 9, 14)
PASSED, CERTIFIED_NOT = 0.78, 0.90  # chances up to
BEGUN = 7  # of ten holders


def terms(story: Story) -> dict[str, Any]:
    """Return the programme's terms."""
    age = {"fact": "age"}
    return {
        "classes": [
            {
                "code": "D",
                "name": "定向培训券",
                "when": {"fact": "register", "has_any": IN_HARDSHIP},
            },
            {"code": "T", "name": "通用培训券"},
        ],
        "services": [
            {
                "code": code,
                "name": name,
                "unit": "期",
                "maximum_price_fen": price + 20_000,
                "provider_tag": TRAINING,
                "presence": "hold",
                "hold_days": LONGEST,
                "results": [
                    {"code": "passed", "name": "合格并取证", "share_ppm": 1_000_000},
                    {"code": "finished", "name": "结业未取证", "share_ppm": 500_000},
                    {"code": "failed", "name": "未结业", "share_ppm": 0},
                ],
            }
            for code, name, price in COURSES
        ],
        "eligibility": {
            "all": [
                age | {"at_least": 16},
                age | {"at_most": 59},
                {"fact": "residence", "within": "430112"},
            ]
        },
        "allotments": [
            {
                "code": "face",
                "name": "面额",
                "amounts": [
                    {"quantity": 200_000, "classes": ["D"]},
                    {"quantity": 150_000, "classes": ["T"]},
                ],
            }
        ],
        "beyond": "self_pay",
        "void_window": "until_lock",
        "confirm_days": 10,
        "cases": [
            {"name": "十五岁不能享受", "facts": {"age": 15, "residence": "430112001"}}
            | {"eligible": False},
            {"name": "结业未取证付一半", "service": "power", "class": "T", "price_fen": 200_000}
            | {"result": "finished", "pays_fen": 100_000},
        ],
        **programmes.lasting_a_while(story),
    }


def begin(story: Story) -> None:
    """Define the programme, admit the schools and issue to everybody who has applied."""
    programmes.define(story, SKILL, "职业培训券", terms(story), [("SKILL", 1_000_000)])
    programmes.admit(story, SKILL, OFFERS, rounded_to=1_000)
    cards = programmes.issue(story, SKILL, None, story.world.adults[: len(story.world.adults) // 2])
    programmes.sign_in(story, next(one for one in cards if one.holder.person is TRAINEE))


def plan(story: Story) -> None:
    """Plan courses: ended with a result, still running, and one that nobody ever ended."""
    random, world = story.world.inventor.random, story.world
    cards = [
        card
        for card in (*story.cards["T"], *story.cards.get("D", ()))
        if card.holder.person is not TRAINEE
    ]
    schools = story.able(SKILL, COURSES[0][0])
    _plan_course(story, cards[0], schools[1], world.month(2) + timedelta(4), None)
    # The first school, which the sign-in page offers, has results to enter whenever it is opened.
    for place, card in enumerate(cards[1:4]):
        _plan_course(story, card, schools[0], world.today - timedelta(30 - 6 * place), None)
    whole = (world.today - world.month(2)).days
    for place, card in enumerate(cards[4:]):
        if place % 10 < BEGUN:
            day = world.month(2) + timedelta(random.randrange(2, whole))
            length = random.randint(*LENGTHS)
            _plan_course(story, card, schools[place % len(schools)], day, length)


def _plan_course(story: Story, card: Card, school: Provider, day: date, length: int | None) -> None:
    """Plan a course from a working day on, and its result after so many days, if ever."""
    random = story.world.inventor.random
    hold: dict[str, Any] = {}
    day -= timedelta(max(0, day.weekday() - 4))
    started = story.moment(day, *HOURS)
    service = random.choice(COURSES)[0]

    def start() -> None:
        fields = {"code": card.typed, "service_code": service}
        hold.update(story.world.do(school.clerk, "voucher.start", at=started, **fields))

    story.plan(started, start)
    if length is not None:
        _plan_result(story, school, started + timedelta(days=length, hours=2), hold)


def _plan_result(story: Story, school: Provider, at: datetime, hold: dict[str, Any]) -> None:
    chance = story.world.inventor.random.random()
    result = "passed" if chance < PASSED else "finished" if chance < CERTIFIED_NOT else "failed"
    story.plan(at, lambda: story.finish(SKILL, school, at, hold["id"], result=result))
