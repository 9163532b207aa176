"""Passwords that others guess are refused, in words."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from staff.models import StaffUser
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    [
        "vipcrm2026vipcrm",
        "VIP-CRM-2026!",
        "V1PCRM-v1pcrm-2025",
        "mrcpivmrcpiv11",
        "20012001200",
        "2001abcd2001",
        "100210021002x",
        "wangjingli2026",
        "Wang.Jing.Li.1",
        "ilgnijgnaw88",
        "jingliwang2001",
        "wjlwjlwjl2001",
        "binjiangshi2026",
        "dongchengqu88!",
        "13900001234ab",
        "ab00001234ab00001234",
        "密码密码密码密码密码a",
        "王经理王经理王经理2026",
        "qwertyuiop1990",
        "ｖｉｐｃｒｍ２０２６ab",
    ],
)
def test_names_numbers_and_the_product_are_no_password(manager: StaffUser, password: str) -> None:
    manager.phone = "13900001234"
    with pytest.raises(ValidationError) as refused:
        validate_password(password, manager)
    assert refused.value.messages


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "Brand-new-word-7",
        "correct horse battery",
        "拂晓的渡船开往远方了吗",
        "kT9#vQ2!mZ7r",
    ],
)
def test_words_of_ones_own_are_taken(manager: StaffUser, password: str) -> None:
    validate_password(password, manager)


def test_the_page_says_why(manager: StaffUser) -> None:
    client = Client()
    client.force_login(manager)
    word = "vipcrm2026vipcrm"
    page = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": word, "password2": word},
    )
    assert "Others guess this password" in page.text
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)
