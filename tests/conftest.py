"""What holds for every test: state of its own, skips that fail where all is required, features that are proved."""

from __future__ import annotations

import gc
import os
import resource
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import features

if TYPE_CHECKING:
    from assay.adapters.kubernetes.client import Cluster
    from simulators.cluster import SimulatedCluster
    from simulators.object_server import ObjectServer
    from simulators.postgres_server import PostgresServer

REQUIRE_ALL = os.environ.get("ASSAY_REQUIRE_ALL") == "1"
FD_SETSIZE = 1024
MANY_DESCRIPTORS = 200
_DESCRIPTORS = Path("/proc/self/fd")
_enough = [MANY_DESCRIPTORS]
OUTCOMES: dict[str, str] = {}
_WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)

settings.register_profile("assay", deadline=None, derandomize="ASSAY_RANDOM" not in os.environ)
settings.load_profile("assay")


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the tests away from the evidence, the cache and the settings of whoever runs them."""
    state = tempfile.TemporaryDirectory(prefix="assay-tests-")
    config.add_cleanup(state.cleanup)
    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        if name != "ASSAY_REQUIRE_ALL" and not name.startswith("ASSAY_SUITES"):
            del os.environ[name]
    os.environ["ASSAY_DATA_DIR"] = str(Path(state.name, "data"))
    os.environ["ASSAY_DB_UPDATE"] = "false"  # no test of another thing goes to the network
    os.environ["ASSAY_CACHE_DIR"] = str(Path(state.name, "cache"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves tests against slow real peers to `make interop`."""
    if "interop" not in config.option.markexpr:
        slow = [item for item in items if item.get_closest_marker("interop")]
        items[:] = [item for item in items if item not in slow]
        config.hook.pytest_deselected(items=slow)


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer, None, None]:
    """PostgreSQL, for all tests that want one."""
    from simulators.postgres_server import postgres_server

    with postgres_server() as found:
        yield found


@pytest.fixture(scope="session")
def objects() -> Generator[ObjectServer, None, None]:
    """An S3 server, for all tests that want one, with its credentials in the environment."""
    from simulators.object_server import ENVIRONMENT, object_server

    with object_server() as found, pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def cheap_keys() -> Generator[None, None, None]:
    """Key files that this process writes open fast, where their strength is not the point."""
    from simulators.cheap_passwords import cheap_passwords

    with cheap_passwords():
        yield


@pytest.fixture
def crowded() -> Generator[None, None, None]:
    """A process in which the next descriptors are beyond what `select()` takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    held: list[int] = []
    while not held or held[-1] < FD_SETSIZE:
        held.append(os.open(os.devnull, os.O_RDONLY))
    yield
    for descriptor in held:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def simulated() -> Generator[SimulatedCluster, None, None]:
    """An empty cluster in this process."""
    from simulators.cluster import SimulatedCluster, serve

    with serve(SimulatedCluster()) as found:
        yield found


@pytest.fixture
def cluster(simulated: SimulatedCluster, tmp_path: Path) -> Cluster:
    """The client of the cluster `simulated`."""
    from assay.adapters.kubernetes import access
    from assay.adapters.kubernetes.client import Cluster
    from simulators.kubeconfig import kubeconfig

    return Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under ASSAY_REQUIRE_ALL=1, a skip is a failure."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"ASSAY_REQUIRE_ALL: skipped, {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for modules that skip themselves."""
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"ASSAY_REQUIRE_ALL: skipped, {_reason(report)}"
    return report


def pytest_runtest_logfinish() -> None:
    """Gives descriptors back before there are many.

    A connection of SQLite is part of a cycle, and the collector comes by seldom in a large process: connections that
    commands leave to the end of theirs would add up here.
    """
    if _descriptors() > _enough[0]:
        gc.collect()
        _enough[0] = max(MANY_DESCRIPTORS, _descriptors() + MANY_DESCRIPTORS // 2)


def _descriptors() -> int:
    return sum(1 for _ in _DESCRIPTORS.iterdir()) if _DESCRIPTORS.is_dir() else 0


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Notes how each test ended; a later phase can only make it worse."""
    if report.when == "call" or report.outcome != "passed":
        OUTCOMES[report.nodeid] = report.outcome


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a run of everything, docs/features.md must be true; a worker has seen but a part of it."""
    wrong = [] if hasattr(session.config, "workerinput") or session.exitstatus not in _WHOLE else _unproved(session)
    if wrong:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for line in ["", "docs/features.md is not proved by this run:", *wrong]:
            if reporter is not None:
                reporter.write_line(line, red=True)


def _unproved(session: pytest.Session) -> list[str]:
    option = session.config.option
    partial = (
        option.keyword or option.markexpr or option.collectonly or getattr(option, "lf", False) or session.shouldstop
    )
    if partial or session.shouldfail or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return []
    return features.unproved(features.PAGE.read_text(encoding="utf-8"), OUTCOMES, skips_count=REQUIRE_ALL)
