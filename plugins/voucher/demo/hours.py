"""Hours of care at home: minutes a week by level of care, visits from check-in to check-out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core import clock
from core.demo import HOME_CARE, HOMEBOUND, Provider
from plugins.voucher.demo import programmes
from plugins.voucher.demo.story import HOME, Card, Story, approver_of, clerk_of

LEAST_LEVEL, MOST_LEVEL = 2, 5
MINUTES = {2: 180, 3: 180, 4: 300, 5: 420, 6: 420}
OFFERS: programmes.Offers = {HOME_CARE: {"care": 6_200, "nurse": 7_600}}
SLOTS = (time(8, 5), time(10, 30), time(14, 0), time(16, 25))
LENGTHS = (45, 60, 60, 75, 90, 120)
LATE = 9  # minutes that a visit may begin or last longer
HOUR = 60
NURSE = 0.2  # of the visits
LEVEL_AFTER, MINUTES_AFTER = 4, 300
WEEK = timedelta(7)
FIRST_HOUR, LAST_HOUR, LAST_VISIT = time(8, 50), time(18, 30), "17:00"


def terms(story: Story) -> dict[str, Any]:
    """Return the programme's terms."""
    level, bonus = {"fact": "care_level"}, {"fact": "home_care_since", "months_ago_above": 1}
    most = level | {"at_least": MOST_LEVEL}
    return {
        "unit": "minute",
        "classes": [{"code": "H", "name": "居家照护小时券"}],
        "services": [
            {"code": code, "name": name, "unit": "小时", "maximum_price_fen": price}
            | {"measure": "minute", "presence": "timed", "block": 15, "longest": 240}
            for code, name, price in (
                ("care", "护理员上门照护", 6_500),
                ("nurse", "护士上门照护", 8_000),
            )
        ],
        "eligibility": {
            "all": [level | {"at_least": LEAST_LEVEL}, {"fact": "residence", "within": "430112"}]
        },
        "allotments": [
            {
                "code": "week",
                "name": "每周时长",
                "period": "week",
                "first_period": "next",
                "amounts": [
                    {"quantity": 420, "when": most},
                    {"quantity": 300, "when": level | {"is": 4}},
                    {"quantity": 180},
                ],
            },
            {
                "code": "bonus",
                "name": "居家奖励时长",
                "period": "month",
                "amounts": [{"quantity": 60, "when": {"all": [most, bonus]}}],
            },
        ],
        "lot_order": "listed",
        "beyond": "self_pay",
        "shares": [{"rate_ppm": 900_000}],
        "rounding": {"price": "half_up", "subsidy": "half_up", "per": "part"},
        "commit": "maximum_price",
        "on_change": {"eligibility": "at_once", "amounts": "next_week"},
        "void_window": "until_lock",
        "confirm_days": 10,
        "cases": [
            {"name": "护理员四十五分钟", "service": "care", "price_fen": 6_500}
            | {"minutes": 45, "pays_fen": 4_388}
        ],
        **programmes.lasting(story),
    }


@dataclass
class Diary:
    """Which carers are taken when: by provider, day and slot."""

    taken: set[tuple[int, date, time]] = field(default_factory=set)


def begin(story: Story) -> None:
    """Define the programme, admit the companies and issue to everybody who is eligible."""
    programmes.define(story, HOME, "居家照护小时券", terms(story), [("HOME", 1_000_000)])
    programmes.admit(story, HOME, OFFERS)
    facts = story.world.facts
    eligible = [
        elder
        for elder in story.world.elders
        if int(facts.get(elder.id, {}).get("care_level", 0)) >= LEAST_LEVEL
    ]
    programmes.issue(story, HOME, None, eligible)
    programmes.sign_in(story, _homebound(story))


def plan(story: Story) -> None:
    """Plan the visits of every week, and what happens to some of the holders."""
    diary = Diary()
    most = [card for card in story.cards["H"] if _level(story, card) >= MOST_LEVEL]
    others = [card for card in most if card is not _homebound(story)]
    this_week = story.world.today - timedelta(story.world.today.weekday())
    # One has made up for what was used too much, another's case is still to be decided.
    _plan_fewer(story, diary, others[0], this_week - 2 * WEEK, noticed_after=timedelta(4, 36_000))
    _plan_fewer(story, diary, others[1], this_week - WEEK, noticed_after=None)
    _plan_hospital(story, others[2] if others[2:] else story.cards["H"][-1])
    _plan_open_visit(story, diary)
    # Their weeks are told above; the one whose carer is there now has had nobody else lately.
    quiet = {card.id: this_week - 2 * WEEK for card in (*others[:2], _homebound(story))}
    monday = story.world.month(2) - timedelta(story.world.month(2).weekday())
    while monday <= story.world.today:
        for card in story.cards["H"]:
            if monday < (quiet.get(card.id) or this_week + WEEK):
                _plan_week(story, diary, card, monday)
        monday += WEEK


def _level(story: Story, card: Card) -> int:
    return int(story.world.facts[card.holder.id]["care_level"])


def _homebound(story: Story) -> Card:
    return next(card for card in story.cards["H"] if card.holder.person is HOMEBOUND)


def _plan_week(story: Story, diary: Diary, card: Card, monday: date) -> None:
    random = story.world.inventor.random
    left = MINUTES[_level(story, card)]
    for day in sorted(random.sample(range(6), random.choice((1, 1, 2)))):
        length = random.choice([one for one in LENGTHS if one + LATE <= left] or [0])
        if not length:
            break
        left -= length + LATE
        _plan_visit(story, diary, card, monday + timedelta(day), length)


def _plan_visit(story: Story, diary: Diary, card: Card, day: date, length: int) -> None:
    """Plan a visit in a free slot of a near company's carer; without one nobody comes."""
    random = story.world.inventor.random
    company = story.near(HOME, "care", card.holder)
    free = [slot for slot in SLOTS if (company.id, day, slot) not in diary.taken]
    if not free or day < story.world.month(2):
        return
    slot = random.choice(free)
    diary.taken.add((company.id, day, slot))
    started = datetime.combine(day, slot, tzinfo=clock.ZONE)
    started += timedelta(minutes=random.randint(0, LATE), seconds=random.randint(0, 59))
    ended = started + timedelta(minutes=length, seconds=random.randint(60, LATE * 60))
    service = "nurse" if random.random() < NURSE else "care"
    if ended <= story.world.began:
        _plan_start(story, card, company, started, service=service, ended=ended)


def _plan_start(
    story: Story,
    card: Card,
    company: Provider,
    started: datetime,
    *,
    service: str = "care",
    ended: datetime | None = None,
) -> None:
    hold: dict[str, Any] = {}

    def start() -> None:
        if card.is_used(started):
            fields = {"code": card.typed, "service_code": service}
            hold.update(story.world.do(company.clerk, "voucher.start", at=started, **fields))

    def finish() -> None:
        if hold and ended is not None:
            story.finish(HOME, company, ended, hold["id"])

    story.plan(started, start)
    if ended is not None:
        story.plan(ended, finish)


def _plan_open_visit(story: Story, diary: Diary) -> None:
    """Plan the visit that is not over when the county is looked at."""
    world = story.world
    company = story.able(HOME, "care")[0]
    now = world.began.astimezone(clock.ZONE)
    started = now - timedelta(minutes=50)
    if not FIRST_HOUR <= now.time() <= LAST_HOUR:
        evening = now.time() > LAST_HOUR
        started = world.at(world.today - timedelta(0 if evening else 1), LAST_VISIT)
    for day in (world.today - timedelta(1), world.today):
        diary.taken.update((company.id, day, slot) for slot in SLOTS)
    _plan_start(story, _homebound(story), company, started)


def _plan_fewer(
    story: Story, diary: Diary, card: Card, monday: date, *, noticed_after: timedelta | None
) -> None:
    """Plan a new level of care that is known only when its week has been used as before."""
    world = story.world
    for day in (0, 1, 2):
        _plan_visit(story, diary, card, monday + timedelta(day), 120)
    noticed = world.began
    if noticed_after is not None:
        noticed = world.at(monday, "00:00") + noticed_after

    def assess() -> None:
        world.do(
            clerk_of(HOME),
            "resident.record_fact",
            at=noticed,
            resident_id=card.holder.id,
            code="care_level",
            value=LEVEL_AFTER,
            from_on=(monday - timedelta(1)).isoformat(),
            document=f"望医保复评〔{monday.year}〕{monday.month}{monday.day:02d}号",
        )

    story.plan(noticed, assess)


def _plan_hospital(story: Story, card: Card) -> None:
    """Plan a stay in hospital, during which nobody may visit."""
    world, first = story.world, story.world.month(1) + timedelta(7)
    last = first + timedelta(8)
    at, tried = world.at(first, "08:40"), world.at(first + timedelta(2), "09:05:30")
    company = story.near(HOME, "care", card.holder)
    for one in story.cards_of(card.holder):
        one.away = (first, last)

    def admit() -> None:
        world.do(
            clerk_of(HOME),
            "resident.record_fact",
            at=at,
            resident_id=card.holder.id,
            code="hospital",
            value="住院",
            from_on=first.isoformat(),
            to_on=last.isoformat(),
            document="区人民医院入院证明",
        )

    def visit() -> None:
        fields = {"code": card.typed, "service_code": "care"}
        world.refused(company.clerk, "voucher.start", "HOLDER_SUSPENDED", at=tried, **fields)

    story.plan(at, admit)
    story.plan(tried, visit)


def plan_correction(story: Story) -> None:
    """Plan that a visit of the first month is found to have been shorter, and corrected in part."""
    world = story.world
    first = world.at(world.month(1), "00:00")
    at = world.at(world.month(1) + timedelta(2), "10:05")

    def correct() -> None:
        visits = [one for one in story.uses if one.code == HOME and one.at < first]
        use = [one for one in visits if one.measured >= HOUR][-1]
        ordered = world.do(
            clerk_of(HOME),
            "redemption.reverse",
            at=at,
            receipt=use.receipt,
            reason="家属反映护理员提前离开，经核实改为四十五分钟",
            quantity=45_000,
        )
        later = at + timedelta(hours=4)
        world.do(approver_of(HOME), "redemption.approve_reversal", at=later, id=ordered["id"])

    story.plan(at, correct)
