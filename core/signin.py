"""Signing in and out: passwords, lock-out from the trail's memory, sessions, tills."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask import current_app
from flask_babel import gettext as _

from core import audit, clock, privacy
from core.access import Actor, Device, Session, User, fetch, hash_token
from core.db import db
from core.errors import InvalidInput, NotPermitted, RuleBroken, SignInRequired

SESSION_HOURS = 12
RESIDENT_SESSION_DAYS = 180
LOCK_AFTER = 5
LOCK_MINUTES = 15
PASSWORD_MIN = 10


def login(actor: Actor, *, login: str, password: str, device_token: str = "") -> dict[str, Any]:  # noqa: ARG001
    """Sign in with a password; five failures lock the name for fifteen minutes.

    Unknown name and wrong password get the same answer. Returns the session token, once.
    """
    subject = privacy.keyring().mac("login", login)
    audit.about("login", subject)
    refuse_locked("auth.login", subject)
    user = db.session.scalar(db.select(User).where(User.login == login))
    _check_password(user, password)
    assert user is not None  # noqa: S101 - _check_password refuses an unknown user
    device = device_by_token(device_token) if device_token else None
    return start_session(user, device)


def resident_user(resident_id: int) -> User:
    """Return the user a resident signs in as, made at the first sign-in."""
    user: User | None = db.session.scalar(db.select(User).where(User.resident_id == resident_id))
    if user is None:
        user = User(login=f"resident-{resident_id}", name=_("居民"), resident_id=resident_id)
        db.session.add(user)
        db.session.flush()
    return user


def start_session(user: User, device: Device | None, *, days: int = 0) -> dict[str, Any]:
    """Open a session and return its token; the database keeps only the token's hash."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session = Session(
        token_hash=hash_token(token),
        user_id=user.id,
        device_id=device.id if device else None,
        created_at=now,
        expires_at=now + (timedelta(days=days) if days else timedelta(hours=SESSION_HOURS)),
    )
    db.session.add(session)
    db.session.flush()
    act = audit.current()
    act.actor_id, act.actor_name = user.id, user.name
    return {"token": token, "user_id": user.id, "name": user.name}


def logout(actor: Actor) -> dict[str, Any]:
    """End the session that asks."""
    session = db.session.get(Session, actor.session_id)
    if session is not None:
        session.ended_at = clock.now()
    return {}


def device_by_token(token: str) -> Device | None:
    """Return the enrolled, unrevoked till of a device token, None if there is none."""
    found: Device | None = db.session.scalar(
        db.select(Device).where(Device.token_hash == hash_token(token))
    )
    return found if found and found.revoked_at is None else None


def enrol_code(actor: Actor, *, name: str, office_id: int | None = None) -> dict[str, Any]:
    """Make a one-time code (8 digits, 30 minutes) with which one till is enrolled."""
    grant = actor.holding("device.manage")[0]
    if grant.organisation_id is None:
        raise NotPermitted("ROLE_NOT_ALLOWED", _("只有承接主体可以登记终端。"))
    code = f"{secrets.randbelow(10**8):08d}"
    device = Device(
        organisation_id=grant.organisation_id,
        division_code=grant.division_code,
        office_id=office_id,
        name=name,
        code_hash=hash_token(f"enrol:{code}"),
        code_until=clock.now() + timedelta(minutes=30),
    )
    db.session.add(device)
    db.session.flush()
    audit.about("device", device.id)
    return {"id": device.id, "code": code}


def enrol_device(actor: Actor, *, code: str) -> dict[str, Any]:  # noqa: ARG001 - nobody is signed in
    """Turn a one-time code into a device token; a second use of the code is refused."""
    device = db.session.scalar(
        db.select(Device)
        # Shown in groups, so it is also typed in groups.
        .where(Device.code_hash == hash_token(f"enrol:{''.join(code.split())}"))
        .with_for_update()
    )
    if device is None or device.revoked_at or device.code_until <= clock.now():
        raise RuleBroken(
            "ENROL_CODE_INVALID",
            _("登记码不对、已用过或已过 30 分钟。请让本店负责人在“终端”页重新生成一个。"),
        )
    token = secrets.token_urlsafe(32)
    device.token_hash, device.code_hash, device.enrolled_at = hash_token(token), None, clock.now()
    audit.about("device", device.id)
    return {"id": device.id, "name": device.name, "token": token}


def revoke_device(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Switch a till off at once; its sessions can no longer redeem."""
    device = fetch(Device, id, actor, "device.manage")
    device.revoked_at = device.revoked_at or clock.now()
    audit.about("device", device.id, reason)
    return {"id": device.id}


def refuse_locked(action: str, subject: str) -> None:
    """Refuse a sign-in after five failures in a row, counted from what the trail remembers."""
    since = clock.now() - timedelta(minutes=LOCK_MINUTES)
    rows = db.session.scalars(
        db.select(audit.AuditEntry.outcome)
        .where(audit.AuditEntry.object_type == "login", audit.AuditEntry.object_id == subject)
        .where(audit.AuditEntry.action == action, audit.AuditEntry.at > since)
        .where(audit.AuditEntry.code.is_distinct_from("LOCKED_OUT"))
        .order_by(audit.AuditEntry.id.desc())
        .limit(LOCK_AFTER)
    ).all()
    if len(rows) == LOCK_AFTER and audit.ACCEPTED not in rows:
        raise SignInRequired(
            "LOCKED_OUT",
            _(
                "连续输错 %(lock_after)s 次，已锁定。请 %(lock_minutes)s 分钟后再试。",
                lock_after=LOCK_AFTER,
                lock_minutes=LOCK_MINUTES,
            ),
        )


def _check_password(user: User | None, password: str) -> None:
    hasher = _hasher()
    # An unknown name costs the same time as a wrong password.
    stored = user.password_hash if user and user.password_hash else hasher.hash("-" * 16)
    try:
        hasher.verify(stored, password)
        if user and user.password_hash and user.disabled_at is None:
            return
    except VerificationError:
        pass
    raise SignInRequired(
        "SIGN_IN_FAILED",
        _(
            "登录名或密码不对。连续输错 %(lock_after)s 次将锁定 %(lock_minutes)s 分钟。",
            lock_after=LOCK_AFTER,
            lock_minutes=LOCK_MINUTES,
        ),
    )


def hash_password(password: str) -> str:
    """Return the stored form (argon2id) of a password of at least 10 characters."""
    if len(password) < PASSWORD_MIN:
        raise InvalidInput(
            _("密码至少 %(password_min)s 个字符，请加长。", password_min=PASSWORD_MIN),
            errors={"password": ["太短"]},
        )
    return _hasher().hash(password)


def _hasher() -> PasswordHasher:
    # OWASP's argon2id profile (19 MiB, 2 passes); tests take a cheaper one from the config.
    cost = current_app.config.get("PASSWORD_MEMORY_KIB", 19456)
    return PasswordHasher(time_cost=2, memory_cost=cost, parallelism=1)
