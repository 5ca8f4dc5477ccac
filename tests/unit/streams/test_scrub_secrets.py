"""Secrets and personal things by their forms, made anew in each run: none is found in what free text becomes."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.scrub.text import scrub_patterns, scrub_text

BASE64 = string.ascii_letters + string.digits + "+/"
WORD = string.ascii_letters + string.digits

ISSUED = {
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "GitLab": r"(glpat|gldt|glrt|glcbt|glptt|glsoat|glft|glimt)-[A-Za-z0-9_-]{20}(\.01\.[a-z0-9]{9})?",
    "AWS": r"(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    "Google": r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{60}",
    "Slack": r"xox[bpears]-[0-9]{12}-[0-9]{13}-[A-Za-z0-9]{24}|xapp-1-A[A-Z0-9]{10}-[0-9]{13}-[a-f0-9]{64}",
    "Stripe": r"(sk|rk|pk)_(live|test)_[0-9][A-Za-z0-9]{23}|whsec_[A-Za-z0-9]{32}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "PyPI": r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{80}|pypi-AgENdGVzdC5weXBpLm9yZw[A-Za-z0-9_-]{80}",
    "JWT": r"eyJ[A-Za-z0-9_-]{20,40}\.eyJ[A-Za-z0-9_-]{20,60}\.[A-Za-z0-9_-]{43}",
    "Hugging Face": r"hf_[A-Za-z0-9]{34}",
    "Docker": r"dckr_(pat|oat)_[A-Za-z0-9_-]{27}",
    "Vault": r"hv[sb]\.[A-Za-z0-9_-]{24,90}",
    "OpenAI": r"sk-(proj|ant)-[0-9][A-Za-z0-9_-]{40,60}",
    "Atlassian": r"ATATT3x[A-Za-z0-9_=-]{60}|ATBB[A-Za-z0-9]{32}",
    "RubyGems": r"rubygems_[0-9a-f]{48}",
    "NuGet": r"oy2[a-z0-9]{43}",
    "private key": r"-----BEGIN (RSA|EC|OPENSSH|DSA|ENCRYPTED) PRIVATE KEY-----\n[A-Za-z0-9+/]{64}",
}


@pytest.mark.parametrize("issuer", ISSUED)
def test_a_token_of_any_issuer_goes(issuer: str) -> None:
    @given(
        st.from_regex(ISSUED[issuer], fullmatch=True), st.sampled_from(["{}", "see {} there", "x={}", '"{}",', "({})"])
    )
    @settings(max_examples=60, database=None)
    def holds(token: str, around: str) -> None:
        for scrub in (scrub_text, scrub_patterns):
            scrubbed = scrub(around.format(token))
            assert token[4:] not in scrubbed
            # No half of it either: eight characters in a row would be one.
            assert not any(token[at : at + 8] in scrubbed for at in range(6, len(token) - 8))

    holds()


@pytest.mark.parametrize(
    ("alphabet", "length"),
    [
        (WORD, 20),
        (WORD, 40),
        (BASE64, 40),
        (string.ascii_lowercase + string.digits, 32),
        (string.ascii_uppercase + string.digits, 26),
        ("0123456789abcdef", 32),
        ("0123456789ABCDEF", 64),
    ],
)
def test_what_was_drawn_at_random_goes(alphabet: str, length: int) -> None:
    chance = random.Random(7)
    kept = [
        word for word in ("".join(chance.choices(alphabet, k=length)) for _ in range(500)) if word in scrub_text(word)
    ]
    assert len(kept) <= 5, kept


@pytest.mark.parametrize(
    "text",
    [
        "https://kalle:geheimnis@upstream.example.org/simple",
        "//kalle:geheimnis@upstream.example.org/x",
        "kalle:geheimnis@upstream.example.org/simple",
        "git+https://x-access-token:geheimnis@upstream.example.org/kalle/repo",
        "postgresql://kalle:geheimnis@db:5432/x",
        "git@upstream.example.org:kalle/geheimnis.git",
        "Authorization: Bearer geheimnis",
        "authorization: Basic a2FsbGU6Z2VoZWltbmlz1",
        "bearer geheimnis-kalle",
        "curl -u kalle:geheimnis x",
        "--user kalle:geheimnis",
        "--password geheimnis",
        "--index-token=geheimnis",
        "TWINE_PASSWORD=geheimnis",
        'API_KEY="geheimnis kalle"',
        "PASSWORD='geheimnis kalle'",
        "DB_PASS=geheimnis",
        "client_secret: geheimnis",
        '"token": "geheimnis"',
        "?access_token=geheimnis&x=kalle",
        "sshpass -p geheimnis",
        "passphrase=geheimnis",
    ],
)
def test_credentials_go_by_the_words_around_them(text: str) -> None:
    for scrub in (scrub_text, scrub_patterns):
        assert "geheimnis" not in scrub(text)
        assert "kalle" not in scrub(text)
        assert "a2FsbGU6" not in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "kalle@buildbox",
        "kalle@localhost",
        "kalle.person+x@sub.example.org",
        "KALLE@EXAMPLE.ORG",
        "kalle%40example.org",
        "kalle(at)example.org",
        "kalle [at] example.org",
        '"kalle x"@example.org',
        "mailto:kalle@example.org",
        "/home/kalle/x",
        "/Users/kalle/Library",
        "/var/home/kalle",
        "/mnt/c/Users/kalle/x",
        "C:\\Users\\kalle\\x",
        "c:/users/kalle",
        "D:\\\\Documents and Settings\\\\kalle\\\\x",
        "~kalle/x",
        "~/folder/kalle",
        "$HOME/kalle",
        "${HOME}/kalle",
        "%USERPROFILE%\\kalle",
        "\\\\fileserver\\kalle\\x",
        "/".join(("", "root", "kalle")),
    ],
)
def test_people_and_their_folders_go(text: str) -> None:
    for around in ("{}", "in {} there", "'{}'", "x={}"):
        assert "kalle" not in scrub_text(around.format(text)).lower()


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.44",
        "192.0.2.44:8080",
        "192.0.2.0/24",
        "v192.0.2.44",
        "host-192-0-2-44",
        "ip-10-0-0-44",
        "2001:db8::44",
        "2001:db8::/32",
        "[2001:db8::44]:8080",
        "2001:0DB8:0000:0000:0000:0000:0000:0044",
        "fe80::1%eth0",
        "::ffff:192.0.2.44",
        "64:ff9b::192.0.2.44",
        "00:1a:2b:3c:4d:5e",
        "00-1A-2B-3C-4D-5E",
        "001a.2b3c.4d5e",
        "00:1a:2b:3c:4d:5e:6f:70",
        "wiki.kalle.example",
        "build7.corp",
        "7host.acme.io",
        "acme.org",
    ],
)
def test_addresses_and_hosts_go(text: str) -> None:
    scrubbed = scrub_text(f"at {text} now")
    for part in (
        "192.0",
        "192-0",
        "10-0",
        "db8",
        "DB8",
        "fe80",
        "ffff",
        "ff9b",
        "1a",
        "1A",
        "kalle",
        "build7",
        "acme",
        "44",
    ):
        assert part not in scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "task-management-overview",
        "glossary-of-terms-and-definitions",
        "pypi-publishing-instructions",
        "key-concepts-and-terminology",
        "secret_management_in_documentation",
        "feature/JIRA-1234-add-login",
        "renovate/furo-2024.x",
        "dependabot/pip/sphinx-7.2.6",
        "py3.12-django4.2-ubuntu22.04",
        "release-10-11-12",
        "2024-01-15-1200",
        "v1.2.3.4",
        "v1.0.dev",
        "v0.0.0.20240101",
        "compass=1",
        "bypass-cache",
        "zope.interface",
        "internationalizationguidelines",
        "Basic authentication",
        "10:00:00",
        "1.2~rc1",
        "std::vector",
    ],
)
def test_what_branches_and_steps_are_called_stays(text: str) -> None:
    assert scrub_text(text) == text


PARTS = [
    "token",
    "=",
    ":",
    " ",
    "pwd",
    "bearer ",
    "<secret>",
    "@",
    ".",
    "a",
    "1",
    "/",
    "-u ",
    "~",
    "ghp_",
    "x" * 12,
    "10.",
    "::",
    "%40",
]


@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join))
@settings(max_examples=1000)
def test_twice_is_once_for_texts_made_of_what_is_looked_for(text: str) -> None:
    for scrub in (scrub_text, scrub_patterns):
        assert scrub(scrub(text)) == scrub(text)


def test_no_half_of_a_token_is_left_where_the_text_is_cut() -> None:
    token = "ghp_" + "C4n4ry" * 6
    for before in range(150, 205):
        assert "C4n4" not in scrub_text("a " * (before // 2) + token)
