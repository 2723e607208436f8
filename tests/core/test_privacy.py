"""Sealing, finding and masking personal data, and where the secrets come from."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select, text

from core import privacy
from core.privacy import (
    BrokenSealError,
    Encrypted,
    Keyring,
    UnusableSecretsError,
    load_secrets,
    mask_account,
    mask_id,
    mask_name,
    mask_phone,
)

OLD = "old-secret-0123456789-abcdefghijklmnop"
NEW = "new-secret-9876543210-zyxwvutsrqponmlk"
CONTEXT = "resident.id_number"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(plain: str) -> None:
    keyring = Keyring([OLD])
    assert keyring.open(keyring.seal(plain, CONTEXT), CONTEXT) == plain


def test_a_sealed_text_shows_nothing_and_never_repeats() -> None:
    keyring = Keyring([OLD])
    one, other = (keyring.seal("220100194103170219", CONTEXT) for _ in range(2))
    assert one != other
    assert "2201" not in one


def test_a_sealed_text_moved_to_another_column_does_not_open() -> None:
    keyring = Keyring([OLD])
    with pytest.raises(BrokenSealError, match=r"resident\.phone"):
        keyring.open(keyring.seal("13800138000", CONTEXT), "resident.phone")


def test_any_changed_character_of_a_sealed_text_is_noticed() -> None:
    keyring = Keyring([OLD])
    sealed = keyring.seal("13800138000", CONTEXT)
    for place, character in enumerate(sealed):
        changed = sealed[:place] + ("A" if character != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(BrokenSealError):
            keyring.open(changed, CONTEXT)


@given(st.text(max_size=80))
def test_what_was_never_sealed_does_not_open(hostile: str) -> None:
    with pytest.raises(BrokenSealError):
        Keyring([OLD]).open(hostile, CONTEXT)


def test_after_rotation_old_texts_open_and_new_ones_use_the_new_key() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    assert after.open(before.seal("张小红", CONTEXT), CONTEXT) == "张小红"
    assert Keyring([NEW]).open(after.seal("张小红", CONTEXT), CONTEXT) == "张小红"


def test_a_retired_key_is_named_when_it_is_missed() -> None:
    sealed = Keyring([OLD]).seal("张小红", CONTEXT)
    with pytest.raises(BrokenSealError, match=Keyring([OLD]).write_key_id):
        Keyring([NEW]).open(sealed, CONTEXT)


def test_a_blind_index_finds_a_value_however_it_was_typed() -> None:
    keyring = Keyring([OLD])
    index = keyring.blind_index("43010019500101004X", CONTEXT)
    assert keyring.blind_index(" 43010019500101004x", CONTEXT) == index
    assert keyring.blind_index("43010019500101004X", "resident.phone") != index
    assert index in Keyring([NEW, OLD]).blind_indexes("43010019500101004X", CONTEXT)
    assert len(index) == 64


def test_keys_of_different_purposes_and_things_differ() -> None:
    keyring = Keyring([OLD])
    derived = {
        keyring.derive("phone", "ab", "c"),
        keyring.derive("phone", "a", "bc"),
        keyring.derive("phone", "abc"),
        keyring.derive("session", "ab", "c"),
        Keyring([NEW]).derive("phone", "ab", "c"),
    }
    assert len(derived) == 5
    assert keyring.mac("phone", "ab") != keyring.mac("session", "ab")


@pytest.mark.parametrize("weak", ["", "short", "a" * 64, "12345678" * 8])
def test_a_weak_secret_is_refused(weak: str) -> None:
    with pytest.raises(UnusableSecretsError, match="太弱"):
        Keyring([OLD, weak])


def test_no_secret_no_start() -> None:
    with pytest.raises(UnusableSecretsError, match="没有配置密钥"):
        Keyring([])


def test_an_encrypted_column_stores_only_sealed_text() -> None:
    app = Flask("a small county")
    privacy.use(app, Keyring([OLD]))
    table = Table(
        "people", MetaData(), Column("id", Integer, primary_key=True), Column("n", Encrypted("p.n"))
    )
    with app.app_context(), create_engine("sqlite://").begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"n": "张小红"}, {"n": None}])
        stored = connection.scalars(text("SELECT n FROM people ORDER BY id")).all()
        read = connection.scalars(select(table.c.n).order_by(table.c.id)).all()
        without = connection.scalars(select(table.c.id).where(table.c.n.is_(None))).all()
    assert "张" not in stored[0]
    assert stored[0].startswith("1.")
    assert stored[1] is None
    assert (read, without) == (["张小红", None], [2])


def test_an_encrypted_column_cannot_be_compared_or_ordered() -> None:
    column = Column("n", Encrypted("p.n"))
    with pytest.raises(TypeError, match="blind index"):
        _ = column == "张小红"
    with pytest.raises(TypeError, match="blind index"):
        column.in_(["张小红"])
    with pytest.raises(TypeError, match="blind index"):
        column.desc()


def test_secrets_come_from_the_environment_first_one_first(tmp_path: Path) -> None:
    environ = {"HUIGOU_SECRET_KEYS": f"{NEW}, {OLD}"}
    assert load_secrets(environ, tmp_path) == [NEW, OLD]
    assert list(tmp_path.iterdir()) == []


def test_secrets_come_from_a_named_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{NEW}\n\n{OLD}\n", encoding="utf-8")
    assert load_secrets({"HUIGOU_SECRET_KEYS_FILE": str(path)}, tmp_path) == [NEW, OLD]


def test_without_configuration_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    made = load_secrets({}, instance)
    assert Keyring(made)
    assert load_secrets({}, instance) == made
    assert [path.name for path in instance.iterdir()] == ["secret.keys"]
    assert stat.S_IMODE((instance / "secret.keys").stat().st_mode) == 0o600


def test_a_secret_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    load_secrets({}, tmp_path)
    (tmp_path / "secret.keys").chmod(0o644)
    with pytest.raises(UnusableSecretsError, match="chmod 600"):
        load_secrets({}, tmp_path)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"HUIGOU_SECRET_KEYS": " , "}, "没有密钥"),
        ({"HUIGOU_SECRET_KEYS_FILE": "/nonexistent/keys"}, "读不出来"),
        ({"HUIGOU_SECRET_KEYS": OLD, "HUIGOU_SECRET_KEYS_FILE": "keys"}, "只能设置其中一个"),
    ],
)
def test_wrong_configuration_stops_the_start(
    environ: dict[str, str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(UnusableSecretsError, match=says):
        load_secrets(environ, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_names_are_masked_but_for_first_and_last() -> None:
    names = ["", "张", "张红", "张小红", "欧阳小红", "阿依·买买提"]
    assert [mask_name(name) for name in names] == ["", "*", "张*", "张*红", "欧**红", "阿****提"]


def test_numbers_are_masked_but_for_their_ends() -> None:
    assert mask_id("220100194103170219") == "220***********0219"
    assert mask_phone("13800138000") == "138****8000"
    assert mask_account("6222000000000000004") == "****0004"
    assert mask_id("1234567") == "*******"
    assert mask_account("1234") == "****"
