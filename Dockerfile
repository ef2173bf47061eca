# The switch with an Asterisk of its own, and nothing of the demo or the tests. See README, "In a container".
FROM python:3.13-slim

# What the switch calls on: sox and espeak-ng make prompts and music; debootstrap fetches Asterisk where the
# distribution's is too old.
RUN apt-get update \
    && apt-get install -y --no-install-recommends debootstrap debian-archive-keyring espeak-ng sox tzdata \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/hotline
COPY scripts/install_asterisk.sh scripts/
# One folder of programs for whoever runs the switch; nothing is fetched at start.
ENV XDG_CACHE_HOME=/srv/programs
RUN apt-get update && scripts/install_asterisk.sh >/dev/null && rm -rf /var/lib/apt/lists/*

COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

COPY pyproject.toml LICENSE ./
COPY routing routing
COPY ivr ivr
COPY acd acd
COPY cti cti
COPY config config

RUN useradd --system --home-dir /srv/state --create-home --shell /usr/sbin/nologin hotline
USER hotline
VOLUME /srv/state

# It is run with the host's network: the ports are those of config/site.yaml, and its `api.port` is asked below.
EXPOSE 5060/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8086/healthz', timeout=3)"]
ENTRYPOINT ["python", "-m", "acd.cli.main", "--config", "/srv/hotline/config", "--state", "/srv/state"]
CMD ["serve", "--stop-pbx"]
