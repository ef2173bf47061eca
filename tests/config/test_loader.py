"""The shipped site, as values; and what becomes of files that were edited at random."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.asterisk.program import Program
from config.loader import inspect, load, load_runtime
from config.problems import ConfigurationError, did_you_mean
from ivr.tree import EnterQueue, Menu, Play
from routing.step import Step
from tests.config.folder import SHIPPED, Folder

PROGRAM = Program(Path("/usr/sbin/asterisk"), (22, 1, 0), Path("/usr/lib/asterisk/modules"), frozenset(), None)
FILES = ("site.yaml", "routing.yaml", "ivr.yaml")


def test_the_shipped_site_is_sound() -> None:
    summary, problems = inspect(SHIPPED, Path("/nonexistent/state"), {})

    assert problems == ()
    assert summary is not None
    assert (summary.numbers, summary.queues, summary.agents) == (2, 5, 12)


def test_the_shipped_site_as_core_values(folder: Folder) -> None:
    site = folder.load().site

    assert site.name == "移动客户服务热线"
    assert set(site.entries) == {"10086", "1860"}
    assert set(site.queues) == {"enquiry", "billing", "faults", "complaints", "english"}
    assert {queue.ring_timeout_s for queue in site.queues.values()} == {12.0}
    assert site.queues["faults"].names == {"zh": "故障申告", "en": "Faults"}
    assert site.queues["faults"].service_level_threshold_s == 15.0
    assert site.queues["complaints"].service_level_target == 0.85
    assert site.agents["1004"].skills == {"enquiry": 60, "billing": 60, "faults": 30}
    assert (site.agents["1004"].group, site.agents["1004"].rank) == ("inbound", 3)
    assert site.queues_served("1004") == ["enquiry", "billing"]
    assert (site.queues["complaints"].strategy, site.queues["complaints"].groups) == ("best_skill", ("inbound",))
    assert site.queues["complaints"].steps == (Step(45.0, {"complaints": 40}, priority=2),)
    assert site.overtaken_s_max == 600.0
    assert site.agents["1001"].name == "张敏"
    assert site.not_ready_reasons["2"] == "meal"
    assert site.no_answer_recovery_s is None


def test_the_shipped_tree_leads_where_the_menu_says(folder: Folder) -> None:
    tree = folder.load().site.entries["10086"]

    greeting, menu = tree.nodes[tree.root], tree.nodes["main"]
    assert greeting == Play(("welcome",), "main")
    assert isinstance(menu, Menu)
    queues = {}
    for key, target in menu.keys.items():
        node = tree.nodes[target]
        assert isinstance(node, EnterQueue)
        queues[key] = node.queue_id
    assert queues == {"1": "billing", "2": "faults", "3": "complaints", "9": "english", "0": "enquiry"}
    assert (menu.default, menu.tries, menu.wrong_key, menu.no_key) == ("agent", 2, "wrong_key", "no_key")


def test_the_pbx_is_told_the_same(folder: Folder) -> None:
    configuration = folder.load()
    pbx = configuration.pbx(PROGRAM)

    assert pbx.home == folder.state.resolve() / "asterisk"
    assert pbx.sounds == pbx.home / "sounds"
    assert [agent.agent_id for agent in pbx.agents] == list(configuration.site.agents)
    assert {queue.queue_id for queue in pbx.queues} == {"default", *configuration.site.queues}
    assert pbx.entry_numbers == ("10086", "1860")
    assert [trunk.addresses for trunk in pbx.trunks] == [("127.0.0.1",)]
    assert pbx.ring_timeout_s == 12
    assert (pbx.transports.bind, pbx.transports.udp, pbx.ami.port) == ("127.0.0.1", 5060, 5038)
    assert pbx.ami.live.secret != pbx.ami.admin.secret


def test_every_spoken_text_is_there_in_every_language(folder: Folder) -> None:
    prompts = folder.load().prompts

    assert all(set(texts) == {"zh", "en"} for texts in prompts.values())
    assert {"welcome", "main_menu", "system/queue-full", "agents/1001"} <= set(prompts)


def test_the_sites_words_replace_the_switchs_own(folder: Folder) -> None:
    folder.replace("ivr.yaml", "prompts:\n", "prompts:\n  system/queue-full: {zh: 请稍后再拨, en: Call later}\n")

    assert folder.load().prompts["system/queue-full"] == {"zh": "请稍后再拨", "en": "Call later"}


def test_a_number_keeps_its_leading_zero_and_a_key_may_be_quoted(folder: Folder) -> None:
    folder.replace("site.yaml", "1860: {tree", "02710086: {tree")
    folder.replace("ivr.yaml", "9: english", '"*": english')

    configuration = folder.load()

    assert "02710086" in configuration.site.entries
    menu = configuration.site.entries["02710086"].nodes["main"]
    assert isinstance(menu, Menu)
    assert menu.keys["*"] == "english"


def test_runtime_and_the_database_variable(folder: Folder) -> None:
    runtime = folder.load().runtime

    assert runtime.database_url == f"sqlite:///{folder.state.resolve()}/hotline.db"
    assert (runtime.api.port, runtime.metrics.port, runtime.time_zone) == (8086, 9186, "Asia/Shanghai")
    url = "postgresql://hotline:word@db.example/hotline"
    other = load(folder.path, folder.state, {"HOTLINE_DATABASE_URL": url}).runtime
    assert other.database_url == url
    assert "word" not in repr(other)


def test_a_command_that_only_asks_needs_no_more_than_the_site(folder: Folder) -> None:
    folder.replace("ivr.yaml", "then: main", "then: mian")
    folder.replace("site.yaml", "port: 8086", "port: 8087")

    assert load_runtime(folder.path, folder.state, {}).api.port == 8087
    assert not folder.state.exists()

    folder.replace("site.yaml", "port: 8087", "port: none")
    with pytest.raises(ConfigurationError, match="whole number"):
        load_runtime(folder.path, folder.state, {})


def test_a_trunk_with_a_registration_has_the_operators_password(folder: Folder) -> None:
    account = '{registration: {server_uri: "sip:c.example", user: "027"}}'
    folder.replace("site.yaml", "{addresses: [127.0.0.1]}", account)
    folder.state.mkdir(mode=0o700)
    (folder.state / "secrets.yaml").write_text('trunks: {loopback: "pass.word"}\n', encoding="utf-8")

    registration = folder.load().pbx(PROGRAM).trunks[0].registration

    assert registration is not None
    assert (registration.user, registration.password) == ("027", "pass.word")


def test_no_password_in_the_representation(folder: Folder) -> None:
    configuration = folder.load()
    secret = configuration.pbx(PROGRAM).agents[0].sip_password

    assert secret not in repr(configuration)


def test_nothing_is_written_when_the_yaml_is_refused(folder: Folder) -> None:
    folder.replace("ivr.yaml", "then: main", "then: mian")

    with pytest.raises(ConfigurationError):
        folder.load()

    assert not folder.state.exists()


def test_a_state_folder_that_asterisk_could_not_read_is_said(folder: Folder) -> None:
    folder.state = folder.state.with_name("with;semicolon")

    with pytest.raises(ConfigurationError, match="semicolon"):
        folder.load().pbx(PROGRAM)


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("mandarn", {"mandarin", "cantonese"}, "did you mean 'mandarin'?"),
        ("BILLING", {"billing"}, "did you mean 'billing'?"),
        ("x", {"one", "two"}, "known are: one, two"),
        ("x", set(), "none is defined yet"),
        ("x", {f"queue_{n}" for n in range(13)}, ""),
    ],
)
def test_suggestions(word: str, known: set[str], said: str) -> None:
    assert did_you_mean(word, known) == said


# Pieces that mean something to YAML or to the schema, put in at random places.
PIECES = st.one_of(
    st.sampled_from(
        ["\t", "\n", ":", ": ", "- ", "[", "]", "{", "}", "'", '"', "#", "&a ", "*a", "!!int ", "---\n", "? ", "|\n",
         ">", "<<: ", "null", "~", "-1", "1e999", ".inf", "99999999999999999999", "yes", "type: hangup", "queues: ",
         "\ufeff", "\x00", "\x85", "\u2028", "号", "😀", "[" * 60, "a: {" * 50]
    ),
    st.text(max_size=8),
)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), PIECES), min_size=1, max_size=4)


@given(name=st.sampled_from(FILES), edits=EDITS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_edited_file_is_applied_or_refused_and_never_more_than_that(
    tmp_path_factory: pytest.TempPathFactory, name: str, edits: list[tuple[float, int, str]]
) -> None:
    root = tmp_path_factory.mktemp("edited")
    folder = Folder(root)
    text = folder.text(name)
    for share, cut, piece in edits:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + cut :]
    (folder.path / name).write_bytes(text.encode("utf-8", errors="surrogatepass"))
    _apply_or_refuse(folder, name)
    shutil.rmtree(root)


@given(name=st.sampled_from(FILES), raw=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_yaml_are_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, raw: bytes
) -> None:
    root = tmp_path_factory.mktemp("bytes")
    folder = Folder(root)
    (folder.path / name).write_bytes(raw)
    assert folder.problems()
    _apply_or_refuse(folder, name)
    shutil.rmtree(root)


def _apply_or_refuse(folder: Folder, name: str) -> None:
    problems = folder.problems()
    if not problems:
        folder.load().pbx(PROGRAM)
        return
    with pytest.raises(ConfigurationError) as refused:
        folder.load()
    assert refused.value.problems == problems
    raw = (folder.path / name).read_bytes()
    # Some of Unicode's line ends count for YAML, too.
    lines = sum(raw.count(end) for end in (b"\n", b"\r", b"\xc2\x85", b"\xe2\x80")) + 2
    assert all(0 <= problem.line <= lines for problem in problems if problem.file.endswith(name))
