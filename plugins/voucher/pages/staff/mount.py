"""The blueprint every staff page of the voucher hangs on, one part for each entry of the menu."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint(
    "voucher_staff", __name__, url_prefix="/voucher", template_folder="../../templates"
)
programmes = Blueprint("programmes", __name__)
admissions = Blueprint("admissions", __name__)
vouchers = Blueprint("vouchers", __name__)
redemptions = Blueprint("redemptions", __name__)
statements = Blueprint("statements", __name__)

for part in (programmes, admissions, vouchers, redemptions, statements):
    blueprint.register_blueprint(part)
