"""One slip in the shipped site each: it is found at its place, alone, in plain words and with a remedy."""

import pytest

from config.loader import inspect
from tests.config.folder import Folder

SITE, ROUTING, IVR = "site.yaml", "routing.yaml", "ivr.yaml"
ZHANG = "1001: {name: 张敏, group: inbound, skills: {enquiry: 80, billing: 70}}"
STEP = "      - {after_s: 45, lower: {complaints: 40}, priority: 2}"

# name, file, what stands there, what is put in its place (▶ before the place of the problem), message, suggestion
SLIPS = [
    # values and names
    ("unknown setting", ROUTING, "ring_timeout_s: 12", "▶ring_timout_s: 12",
     "unknown setting 'ring_timout_s'", "did you mean 'ring_timeout_s'?"),
    ("unknown setting in a node", IVR, "tries: 2", "▶trys: 2", "unknown setting 'trys'", "did you mean 'tries'?"),
    ("a unit written out", ROUTING, "ring_timeout_s: 12", "ring_timeout_s: ▶12s", "must be a whole number, not '12s'",
     "without a unit"),
    ("a fraction where none can be", ROUTING, "ring_timeout_s: 12", "ring_timeout_s: ▶12.5", "a whole number", ""),
    ("no number", ROUTING, "threshold_s: 20", "threshold_s: ▶soon", "must be a number, not 'soon'", "digits"),
    ("below its bound", ROUTING, "ring_timeout_s: 12", "ring_timeout_s: ▶1", "must be at least 3, it is 1", ""),
    ("above its bound", ROUTING, "target: 0.80", "target: ▶80", "must be at most 1, it is 80", ""),
    ("not a number at all", ROUTING, "priority: 2", "priority: ▶.nan", "must be a whole number", "digits"),
    ("yes is not true", SITE, "device_recovery: true", "device_recovery: ▶yes", "must be true or false", ""),
    ("a list is wanted", ROUTING, "groups: [inbound]  ", "groups: ▶inbound  ", "must be a list, not 'inbound'",
     "[one, two]"),
    ("a group is wanted", SITE, "recovery:\n", "recovery: ▶[1]\nx:\n",
     "'recovery' must be a group", "indent"),
    ("a name is missing", ROUTING, ZHANG, "▶1001: {name: 张敏}", "'group' of '1001' is missing", "add 'group"),
    ("a top-level name is missing", SITE, "time_zone: Asia/Shanghai\n", "", "'time_zone' is missing", "add"),
    ("an upper-case queue", ROUTING, "  english:", "  ▶English:", "can't be 'English'", "lower-case"),
    ("a key that no phone has", IVR, "9: english", "▶x: english", "can't be 'x'", "0 to 9"),
    ("an unknown type", IVR, "type: play", "type: ▶plya", "unknown type 'plya'", "did you mean 'play'?"),
    ("no type", IVR, "greeting: {type: play, ", "▶greeting: {", "'greeting' has no type", "add 'type"),
    ("a database we can't use", SITE, "url: sqlite:///{state_dir}/hotline.db", "url: ▶mysql://x",
     "'url' can't be", "postgresql://"),
    ("an unknown language", SITE, "languages: [zh, en]", "languages: [zh, en, ▶de]", "can't be 'de'", "en, zh"),
    ("a number with a letter", SITE, "1860: {tree", "▶1860a: {tree", "can't be '1860a'", "digits"),
    ("a text with a line break", ROUTING, "name: 李娜", 'name: ▶"李\\n娜"', "'name' can't be", "one line"),
    # form
    ("a name given twice", SITE, "1860: {tree", "▶10086: {tree", "'10086' is given twice", "the first is in line"),
    ("a tab", ROUTING, "    wrap_up_s: 15", "  ▶\twrap_up_s: 15", "a tab", "spaces"),
    ("an open bracket", ROUTING, "groups: [inbound]  ", "groups: [inbound  ", "", ""),
    ("brackets without end", SITE, "ami: {port: 5038}", "ami: " + "[" * 5000, "nested too deeply", "close"),
    ("a wrong indent", SITE, "languages: [zh, en]", " ▶languages: [zh, en]", "", ""),
    ("a reference", SITE, "ami: {port: 5038}", "ami: ▶&a {port: 5038}\nsip2: *a", "by reference", "write it out"),
    ("a tag", SITE, "{port: 5038}", "{port: ▶!!python/object:os.system 1}", "the tag", "remove"),
    # names that lead nowhere
    ("an unknown skill of an agent", ROUTING, "{enquiry: 80, billing: 70}", "{enquiry: 80, ▶biling: 70}",
     "agent 1001 names the skill 'biling'", "did you mean 'billing'?"),
    ("an unknown group of an agent", ROUTING, "张敏, group: inbound", "张敏, group: ▶inbond",
     "agent 1001 names the group 'inbond'", "did you mean 'inbound'?"),
    ("an unknown skill of a queue", ROUTING, "skills: {complaints: 60}", "skills: {complaints: 60, ▶manners: 10}",
     "the queue 'complaints' names the skill 'manners'", "known are: billing, complaints, english"),
    ("an unknown queue of a step", ROUTING, STEP, STEP + "\n      - {after_s: 50, overflow_to: ▶bill}",
     "a step of the queue 'complaints' names the queue 'bill'", "did you mean 'billing'?"),
    ("an unknown queue of a node", IVR, "queue: faults,", "queue: ▶fault,", "the queue 'fault' does not exist",
     "did you mean 'faults'?"),
    ("an unknown node", IVR, "then: main", "then: ▶mian", "the node 'mian' does not exist", "did you mean 'main'?"),
    ("an unknown node of a key", IVR, "9: english", "9: ▶englsh", "'englsh' does not exist", "'english'"),
    ("an unknown root", IVR, "root: greeting", "root: ▶greetings", "'greetings' does not exist", "'greeting'"),
    ("an unknown prompt", IVR, "prompts: [welcome]", "prompts: [▶welcom]", "the prompt 'welcom' does not exist",
     "did you mean 'welcome'?"),
    ("an unknown prompt after a slip", IVR, "no_key: no_key", "no_key: ▶nokey", "'nokey' does not exist", "'no_key'"),
    ("an unknown text of the switch", IVR, "prompts:\n", "prompts:\n  ▶system/queue-ful: {zh: 忙, en: Busy}\n",
     "no text 'system/queue-ful'", "did you mean 'system/queue-full'?"),
    ("an unknown tree", SITE, "10086: {tree: hotline}", "10086: {tree: ▶hotlin}", "the tree 'hotlin'", "'hotline'"),
    ("unknown music", ROUTING, "music: default", "music: ▶jazz", "the music 'jazz'", "default"),
    ("music with Asterisk's own name", SITE, "music:\n", "music:\n  ▶general:\n", "keeps this name", "another id"),
    # dead ends
    ("a node nobody comes to", IVR, "      english: {", "      ▶idle: {type: hangup}\n      english: {",
     "no caller can come to the node 'idle'", "let a key lead to it"),
    ("a circle", IVR, "default: agent", "default: greeting", "for ever: greeting -> main -> greeting", "queue"),
    ("a tree nobody comes to", IVR, "trees:\n",
     "trees:\n  ▶spare: {root: end, nodes: {end: {type: hangup}}}\n", "leads to the tree 'spare'", "give it a number"),
    ("a queue whose calls nobody can take", ROUTING,
     "  english:\n    names: {zh: 英语服务, en: English}\n    skills: {english: 60}",
     "  ▶english:\n    names: {zh: 英语服务, en: English}\n    skills: {english: 60, faults: 40}",
     "nobody can take the calls of the queue 'english': it asks for english 40, faults 40, group inbound",
     "nearest: 1005 lacks english 40 (has 0)"),
    ("a skill nobody has", ROUTING, "skills:\n", "skills:\n  ▶sign_language: {names: {zh: 手语, en: Sign language}}\n",
     "the skill 'sign_language' is of no use: no agent has it and no queue asks for it", "take it out"),
    ("a step out of order", ROUTING, STEP, STEP + "\n      - {after_s: ▶45, priority: 1}",
     "this step comes at 45 s, after one at 45 s", "put the earlier first"),
    ("a step when nobody waits any more", ROUTING, STEP, STEP + "\n      - {after_s: ▶1800, priority: 1}",
     "at 1800 s nobody waits any more", "let it come earlier"),
    ("a step that changes nothing", ROUTING, STEP, STEP + "\n      - ▶{after_s: 50}", "changes nothing", "priority"),
    ("a level that is not lower", ROUTING, STEP, STEP + "\n      - {after_s: 50, lower: {complaints: ▶40}}",
     "'complaints' is asked for at 40 by then; 40 is not lower", "leave it out"),
    ("a group that may answer already", ROUTING, STEP, STEP + "\n      - {after_s: 50, groups: [▶inbound]}",
     "'inbound' may answer already", "leave it out"),
    ("a queue that leads to itself", ROUTING, STEP, STEP + "\n      - {after_s: 50, overflow_to: ▶complaints}",
     "round in circles: complaints > complaints", "keep its callers"),
    # texts
    ("a text missing in a language", IVR, "  welcome:\n    zh: 您好！欢迎致电移动客户服务热线。",
     "  welcome:\n    ▶en: Hi\n  hold:\n    zh: 请稍候\n", "'welcome' has no text in 'zh'", "add 'zh"),
    ("a queue's name missing", ROUTING, "{zh: 故障申告, en: Faults}", "▶{zh: 故障申告}", "'faults' has no text in 'en'",
     "add 'en"),
    ("a reason's name missing", SITE, "{zh: 用餐, en: Meal}", "▶{en: Meal}", "has no text in 'zh'", "add 'zh"),
    # the machine
    ("two servers at one port", SITE, "host: 127.0.0.1, port: 9186", "host: 127.0.0.1, port: ▶8086",
     "port 8086 of metrics.port is also that of api.port", "its own"),
    ("a port beyond the last", SITE, "udp_port: 5060", "udp_port: ▶70000", "must be at most 65535", ""),
    ("a SIP port among those of sound", SITE, "udp_port: 5060", "udp_port: ▶12000", "among the ports of sound", ""),
    ("too few ports for sound", SITE, "port_max: 20000", "port_max: ▶10100", "101 ports for sound are too", "11547"),
    ("ports for sound the wrong way round", SITE, "port_max: 20000", "port_max: ▶9000", "too few", "port_max"),
    ("an unknown time zone", SITE, "Asia/Shanghai\n", "▶Asia/Shangai\n", "'Asia/Shangai' is not known",
     "did you mean 'Asia/Shanghai'?"),
    ("an address that is none", SITE, "addresses: [127.0.0.1]", "addresses: [▶127.0.0.300]", "not an IP address", ""),
    ("encryption without a certificate", SITE, "tls_port: 0", "tls_port: ▶5061", "there is no certificate", "add `tls"),
    ("a certificate that is not there", SITE, "  codecs: [alaw, ulaw]        #",
     "  tls: {certificate: ▶/nowhere/a.pem, private_key: ../config/site.yaml}\n  codecs: [alaw, ulaw] #",
     "there is no file /nowhere/a.pem", ""),
    ("a line over a transport that is off", SITE, "loopback: {addresses", "loopback: ▶{transport: tcp, addresses",
     "uses tcp, but sip.tcp_port is 0", "set that port"),
    ("a line nobody can be known by", SITE, "loopback: {addresses: [127.0.0.1]}", "loopback: ▶{}",
     "nothing says who the line 'loopback' is", "`addresses`"),
    ("music that is not there", SITE, "music:\n  default:", "music:\n  default: ▶/nowhere", "no sound file in /nowhere",
     "leave it empty"),
    ("a reason of the system's", SITE, "{id: break", "{id: ▶login", "a reason the switch gives itself", "another word"),
    ("a reason twice", SITE, "{id: meal", "{id: ▶break", "already under the digit 1", "another word"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "suggestion"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS]
)
def test_a_slip_is_found_at_its_place(
    folder: Folder, name: str, old: str, new: str, message: str, suggestion: str
) -> None:
    expected = folder.replace(name, old, new)

    problems = folder.problems()

    here = [problem for problem in problems if problem.file == str(folder.path / name)]
    found = [p for p in here if message in p.message and suggestion in p.suggestion]
    assert found, "\n".join(map(str, problems))
    if expected:
        assert (found[0].line, found[0].column) == expected[0], "\n".join(map(str, problems))


ALONE = [s for s in SLIPS if s[0] not in {"a group is wanted", "a reference", "an upper-case queue"}]


@pytest.mark.parametrize(("name", "old", "new"), [s[1:4] for s in ALONE], ids=[s[0] for s in ALONE])
def test_a_slip_is_not_followed_by_complaints_about_sound_lines(folder: Folder, name: str, old: str, new: str) -> None:
    folder.replace(name, old, new)

    assert len(folder.problems()) == 1, "\n".join(map(str, folder.problems()))


def test_all_problems_of_all_files_are_said_at_once_in_order(folder: Folder) -> None:
    folder.replace("site.yaml", "udp_port: 5060", "udp_port: 99999")
    folder.replace("site.yaml", "time_zone: Asia/Shanghai", "time_zone: Asia/Shangai")
    folder.replace("routing.yaml", "priority: 1", "priorty: 1")
    folder.replace("ivr.yaml", "then: main", "then: mian")

    said = [str(problem).removeprefix(f"{folder.path}/").partition(":")[0] for problem in folder.problems()]

    assert said == ["ivr.yaml", "routing.yaml", "site.yaml", "site.yaml"]
    lines = [problem.line for problem in folder.problems()]
    assert lines[2] < lines[3]


def test_a_broken_file_does_not_hide_the_problems_of_the_others(folder: Folder) -> None:
    (folder.path / "ivr.yaml").write_text("trees: [", encoding="utf-8")
    folder.replace("routing.yaml", "ring_timeout_s: 12", "ring_timeout_s: soon")

    files = [problem.file.rpartition("/")[2] for problem in folder.problems()]

    assert files == ["ivr.yaml", "routing.yaml"]


def test_a_missing_file_and_an_empty_one_are_said(folder: Folder) -> None:
    (folder.path / "ivr.yaml").unlink()
    (folder.path / "routing.yaml").write_text("# nothing yet\n", encoding="utf-8")

    messages = [problem.message for problem in folder.problems()]

    assert messages == ["the file does not exist", "the file is empty"]


def test_a_list_in_place_of_the_whole_file_is_said(folder: Folder) -> None:
    (folder.path / "routing.yaml").write_text("- enquiry\n- billing\n", encoding="utf-8")

    (problem,) = folder.problems()

    assert (problem.line, problem.column) == (1, 1)
    assert "the file must be a group of 'name: value' lines, not a list" in problem.message


def test_a_file_saved_as_gbk_is_said_with_its_line(folder: Folder) -> None:
    text = folder.text("routing.yaml")
    (folder.path / "routing.yaml").write_bytes(text.encode("gb18030"))

    (problem,) = folder.problems()

    first = next(n for n, line in enumerate(text.splitlines(), 1) if not line.isascii())
    assert problem.line == first
    assert "not UTF-8" in problem.message
    assert "GBK" in problem.suggestion


def test_a_file_with_a_byte_order_mark_is_read(folder: Folder) -> None:
    raw = (folder.path / "site.yaml").read_bytes()
    (folder.path / "site.yaml").write_bytes(b"\xef\xbb\xbf" + raw)

    assert folder.problems() == ()


def test_the_carriers_password_is_asked_for_where_it_belongs(folder: Folder) -> None:
    folder.replace(
        "site.yaml", "{addresses: [127.0.0.1]}", '{registration: {server_uri: "sip:c.example:5060", user: "027"}}'
    )

    (problem,) = folder.problems()

    assert problem.file == str(folder.state / "secrets.yaml")
    assert "the carrier's password of the line 'loopback' is missing" in problem.message
    assert "under `trunks`" in problem.suggestion


def test_a_variable_that_is_no_database_is_said(folder: Folder) -> None:
    _, problems = inspect(folder.path, folder.state, {"HOTLINE_DATABASE_URL": "mysql://user:pass-word@db/x"})

    assert [problem.file for problem in problems] == ["HOTLINE_DATABASE_URL"]
    assert "pass-word" not in str(problems)


def test_checking_makes_nothing(folder: Folder) -> None:
    folder.problems()

    assert not folder.state.exists()
