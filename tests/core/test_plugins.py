"""Loading plugins: which are found, in which order, and what they may not call themselves."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest
from flask import Flask

from core import plugins
from core.hookspecs import hookimpl
from core.ledger import EntryKind


@pytest.fixture
def load(monkeypatch):
    """Return what loads packages installed under these names and gives all plugins' names."""

    def loaded(*names, package=None, disabled=""):
        given = package or ModuleType("brought")
        given.__path__ = []
        monkeypatch.setitem(sys.modules, "brought", given)
        entries = [EntryPoint(name, "brought", plugins.ENTRY_POINTS) for name in names]
        monkeypatch.setattr(
            plugins, "entry_points", lambda group: entries if group == plugins.ENTRY_POINTS else []
        )
        monkeypatch.setenv("HUIGOU_DISABLED", disabled)
        return [name for name, _plugin in plugins.load(Flask("bare")).manager.list_name_plugin()]

    return loaded


def test_installed_plugins_come_after_the_forms_in_the_order_of_their_names(monkeypatch, load):
    order = []
    monkeypatch.setattr(EntryPoint, "load", lambda entry: order.append(entry.name) or fresh())
    assert load("beta", "alpha") == ["core", *plugins.FORMS, "alpha", "beta"]
    assert order == ["alpha", "beta"]


def fresh():
    package = ModuleType("fresh")
    package.__path__ = []
    return package


def test_a_disabled_plugin_is_not_even_imported(load):
    assert load("alpha", disabled="voucher, alpha") == ["core", "contract", "subsidy"]


@pytest.mark.parametrize("names", [("core",), ("voucher",), ("alpha", "alpha")])
def test_a_name_that_is_taken_stops_the_start(load, names):
    with pytest.raises(RuntimeError, match=f"plugins: declared twice: {names[0]}"):
        load(*names)


@pytest.mark.parametrize("name", ["legal-aid", "Legal", "2nd", "x" * 31])
def test_a_name_that_cannot_begin_a_table_stops_the_start(load, name):
    with pytest.raises(RuntimeError, match="a name is like table names"):
        load(name)


def test_what_is_no_package_stops_the_start(monkeypatch, load):
    monkeypatch.setattr(EntryPoint, "load", lambda _entry: object())
    with pytest.raises(RuntimeError, match="brought is not a package"):
        load("alpha")


def test_an_entry_kind_begins_with_its_plugins_name(load):
    package = ModuleType("brought")
    package.register_entry_kinds = hookimpl(
        lambda: [EntryKind("beta.paid", "支付", (("fin.payable", "fin.in_transit"),))]
    )
    assert "beta" in load("beta", package=package)
    with pytest.raises(RuntimeError, match=r"kind beta.paid of plugin alpha must begin"):
        load("alpha", package=package)


def test_a_table_begins_with_its_plugins_name_however_deep_its_model_lies(load):
    # As if the core were what was brought.
    with pytest.raises(RuntimeError, match="of plugin alpha must begin with alpha_"):
        load("alpha", package=ModuleType("core"))
