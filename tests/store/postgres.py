"""A private PostgreSQL server for tests: its own data folder, a random port on loopback, stopped at the end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from glob import glob
from pathlib import Path

MISSING = (
    "PostgreSQL is not installed, and only root can install it here."
    " Install it: apt-get install postgresql (Debian, Ubuntu)."
)


def find_programs() -> Path:
    """The folder of `initdb` and `pg_ctl`, of the newest version; installs the package if root may."""
    found = _installed()
    if found is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise RuntimeError(MISSING)
        # The package would otherwise start a server of its own.
        settings = Path("/etc/postgresql-common/createcluster.conf")
        if not settings.exists():
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text("create_main_cluster = false\n")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "postgresql"]
        subprocess.run(["apt-get", "update", "--quiet"], check=True, env=environment, stdout=subprocess.DEVNULL)
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
        found = _installed()
    if found is None:
        raise RuntimeError(MISSING)
    return found


def _installed() -> Path | None:
    folders = [Path(name).parent for name in glob("/usr/lib/postgresql/*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return max(folders, key=lambda folder: [int(n) for n in folder.parts if n.isdigit()], default=None)


class PostgresServer:
    """`url(name)` of a database in it. It refuses to run as root, so root runs it as another user."""

    def __init__(self) -> None:
        self._programs = find_programs()
        self._as: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
        if os.geteuid() == 0:
            user = next(pwd.getpwnam(name) for name in ("postgres", "nobody") if _exists(name))
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.password = secrets.token_hex(8)
        secret = self.folder / "password"
        secret.write_text(self.password)
        os.chmod(secret, 0o644)
        self._run("initdb", "-U", "hotline", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync")
        secret.unlink()
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off -c max_connections=40"
        self._run("pg_ctl", "-w", "-t", "30", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as in a power cut."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        return f"postgresql://hotline:{self.password}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [
            *self._as, str(self._programs / program), "-D", str(self.folder / "data"), *arguments
        ]  # fmt: skip
        # The server keeps what it was given as output, so that a pipe would never end.
        with open(self.folder / "output", "a+") as output:
            done = subprocess.run(command, cwd="/", stdout=output, stderr=output, stdin=subprocess.DEVNULL)
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {output.read()}")


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
