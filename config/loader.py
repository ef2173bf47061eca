"""The folder of YAML files -> the values the switch runs on. Refused whole when anything is wrong."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from re import fullmatch

from pydantic import BaseModel

from acd.core.site import Site
from config.asterisk.program import Program
from config.asterisk.settings import PbxSettings
from config.checks import check
from config.document import Document, parse_document, read_file
from config.files import Files, Source
from config.problems import ConfigurationError, Problem
from config.prompts.texts import SYSTEM_TEXTS, work_number_texts
from config.schema import DATABASE_URL, IvrFile, RoutingFile, SiteFile
from config.secrets import FILE_NAME, Secrets, keep_secrets, read_secrets
from config.validation import Schema, validate
from config.values import core_site, pbx_settings

SITE, ROUTING, IVR = "site.yaml", "routing.yaml", "ivr.yaml"
SCHEMAS: Mapping[str, type[BaseModel]] = {SITE: SiteFile, ROUTING: RoutingFile, IVR: IvrFile}
DATABASE_VARIABLE = "HOTLINE_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the process needs to know of its surroundings. `state_dir` is absolute; `languages[0]` is the default."""

    state_dir: Path
    database_url: str = field(repr=False)
    api: Address
    metrics: Address
    time_zone: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, checked and frozen.

    `prompts` gives every text that is spoken, the site's own and the switch's: prompt -> language -> text.
    `names` gives what people read for the site ("site") and for each not_ready reason: word -> language -> name.
    `notices` are for the operator. `sources` are the files it was made of, by name, until they are kept as a version;
    `version` is its number (config.versions), 0 while it has none.
    """

    site: Site
    runtime: Runtime
    prompts: Mapping[str, Mapping[str, str]]
    names: Mapping[str, Mapping[str, str]]
    notices: tuple[str, ...]
    sources: Mapping[str, Source] = field(repr=False)
    _site_file: SiteFile = field(repr=False)
    _routing_file: RoutingFile = field(repr=False)
    _secrets: Secrets = field(repr=False)
    _config_dir: Path = field(repr=False)
    version: int = 0

    def pbx(self, program: Program) -> PbxSettings:
        """The settings of a private Asterisk below the state folder, for the `program` that was found.

        Raises ConfigurationError for folders whose names Asterisk could not read.
        """
        return pbx_settings(
            self._site_file, self._routing_file, self._secrets, self._config_dir, self.runtime.state_dir, program
        )

    def kept_as(self, version: int) -> "Configuration":
        """The same under its number; the files, which are kept elsewhere now, are left out."""
        return replace(self, version=version, sources={}, site=replace(self.site, version=version))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sound configuration says, counted."""

    numbers: int
    queues: int
    agents: int
    trees: int
    nodes: int
    prompts: int
    trunks: int


def load(
    config_dir: Path,
    state_dir: Path,
    environment: Mapping[str, str] | None = None,
    instead: Mapping[str, Path] | None = None,
) -> Configuration:
    """Read, check and convert; passwords that are missing are made and kept in the state folder.

    `instead` names files that are read in place of those of the folder. Raises ConfigurationError with all problems at
    once. Nothing is written unless the YAML is sound.
    """
    files, sources, problems = _read(config_dir, instead)
    url = _database_url(files.site, state_dir, os.environ if environment is None else environment, problems)
    if problems or files.site is None or files.routing is None or files.ivr is None:
        raise ConfigurationError(problems)
    secrets = keep_secrets(state_dir, files.routing.agents)
    if missing := _missing_passwords(files.site, secrets.trunks, state_dir):
        raise ConfigurationError(missing)
    site, routing, ivr = files.site, files.routing, files.ivr
    return Configuration(
        site=core_site(site, routing, ivr),
        runtime=_runtime(site, state_dir, url),
        prompts=_prompts(site, routing, ivr),
        names=_names(site),
        notices=secrets.notices,
        sources=sources,
        _site_file=site,
        _routing_file=routing,
        _secrets=secrets,
        _config_dir=config_dir.resolve(),
    )


def load_runtime(config_dir: Path, state_dir: Path, environment: Mapping[str, str] | None = None) -> Runtime:
    """Where the database and the API are, for commands that only ask. Needs a sound site.yaml, makes nothing.

    Raises ConfigurationError with the problems of site.yaml.
    """
    files, _, problems = _read(config_dir)
    problems = [problem for problem in problems if problem.file == files.site_text.file]
    url = _database_url(files.site, state_dir, os.environ if environment is None else environment, problems)
    if problems or files.site is None:
        raise ConfigurationError(problems)
    return _runtime(files.site, state_dir, url)


def inspect(
    config_dir: Path,
    state_dir: Path,
    environment: Mapping[str, str] | None = None,
    instead: Mapping[str, Path] | None = None,
) -> tuple[Summary | None, tuple[Problem, ...]]:
    """Everything that `load` would refuse, without making anything; the summary when there is no problem.

    `instead` names files that are read in place of those of the folder.
    """
    files, _, problems = _read(config_dir, instead)
    _database_url(files.site, state_dir, os.environ if environment is None else environment, problems)
    try:
        kept, _ = read_secrets(state_dir / FILE_NAME)
        if files.site is not None:
            problems += _missing_passwords(files.site, kept.trunks, state_dir)
    except ConfigurationError as error:
        problems += error.problems
    except OSError as error:
        problems.append(Problem(str(state_dir / FILE_NAME), 0, 0, f"can't be read: {error.strerror}"))
    if problems or files.site is None or files.routing is None or files.ivr is None:
        return None, ConfigurationError(problems).problems
    trees = files.ivr.trees.values()
    summary = Summary(
        numbers=len(files.site.numbers),
        queues=len(files.routing.queues),
        agents=len(files.routing.agents),
        trees=len(files.ivr.trees),
        nodes=sum(len(tree.nodes) for tree in trees),
        prompts=len(files.ivr.prompts),
        trunks=len(files.site.trunks),
    )
    return summary, ()


def _read(
    config_dir: Path, instead: Mapping[str, Path] | None = None
) -> tuple[Files, dict[str, Source], list[Problem]]:
    problems: list[Problem] = []
    sources: dict[str, Source] = {}

    def one(name: str, schema: type[Schema]) -> tuple[Document, Schema | None]:
        path = (instead or {}).get(name, config_dir / name)
        raw, found = read_file(path, str(path))
        document, refusals = parse_document(raw, str(path)) if raw is not None else (Document(str(path)), [])
        found += refusals
        problems.extend(found)
        if document.data is None and found:
            return document, None
        sources[name] = Source(raw or b"", document.data)
        refused = {(problem.line, problem.column) for problem in found}
        value, more = validate(document, schema)
        problems.extend(problem for problem in more if (problem.line, problem.column) not in refused)
        return document, value

    site_text, site = one(SITE, SiteFile)
    routing_text, routing = one(ROUTING, RoutingFile)
    ivr_text, ivr = one(IVR, IvrFile)
    ivr_complete = not any(problem.file == ivr_text.file for problem in problems)
    files = Files(config_dir, site_text, routing_text, ivr_text, site, routing, ivr, ivr_complete)
    problems.extend(check(files))
    return files, sources, problems


def _runtime(site: SiteFile, state_dir: Path, database_url: str) -> Runtime:
    return Runtime(
        state_dir=state_dir.resolve(),
        database_url=database_url,
        api=Address(site.api.host, site.api.port),
        metrics=Address(site.metrics.host, site.metrics.port),
        time_zone=site.time_zone,
        languages=tuple(site.languages),
    )


def _database_url(
    site: SiteFile | None, state_dir: Path, environment: Mapping[str, str], problems: list[Problem]
) -> str:
    if given := environment.get(DATABASE_VARIABLE):
        if not fullmatch(DATABASE_URL, given):
            remedy = "begin it with sqlite:/// or postgresql://"
            problems.append(Problem(DATABASE_VARIABLE, 0, 0, "the variable is not the address of a database", remedy))
        return given
    if "?" in str(state_dir.resolve()):
        problems.append(Problem(str(state_dir), 0, 0, "the state folder's name can't contain '?'", "rename it"))
    return site.database.url.replace("{state_dir}", str(state_dir.resolve())) if site is not None else ""


def _prompts(site: SiteFile, routing: RoutingFile, ivr: IvrFile) -> dict[str, dict[str, str]]:
    own = {name: {str(language): text for language, text in texts.items()} for name, texts in ivr.prompts.items()}
    spoken = SYSTEM_TEXTS | work_number_texts(routing.agents) | own
    return {name: {language: texts[language] for language in site.languages} for name, texts in spoken.items()}


def _names(site: SiteFile) -> dict[str, dict[str, str]]:
    named = {"site": site.name} | {reason.id: reason.names for reason in site.not_ready_reasons.values()}
    return {word: {str(language): text for language, text in texts.items()} for word, texts in named.items()}


def _missing_passwords(site: SiteFile, given: Mapping[str, str], state_dir: Path) -> list[Problem]:
    return [
        Problem(
            str(state_dir / FILE_NAME), 0, 0,
            f"the carrier's password of the line '{name}' is missing", f'write `{name}: "..."` there, under `trunks`',
        )
        for name, trunk in site.trunks.items()
        if trunk.registration is not None and name not in given
    ]  # fmt: skip
