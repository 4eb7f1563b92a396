# One image for every process: `autobuild serve`, `worker`, or `up`, which is all of them (docs/operations.md).
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE app.yml ./
RUN python -m venv .venv \
 && sed -n '/^uv==/,/[^\\]$/p' requirements.lock > uv.txt \
 && .venv/bin/python -m pip install --quiet --no-cache-dir --require-hashes -r uv.txt \
 && .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --require-hashes -r requirements.lock
COPY activities ./activities
COPY bot ./bot
COPY simulator ./simulator
COPY workflows ./workflows
RUN .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --no-deps --no-build-isolation .

FROM python:3.12-slim AS installed
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 autobuild \
 && install --directory --owner=autobuild --group=autobuild /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH AUTOBUILD_DATA=/data AUTOBUILD_HOST=0.0.0.0 AUTOBUILD_HEALTH_PORT=8081 PYTHONUNBUFFERED=1
WORKDIR /data
VOLUME /data
EXPOSE 8080 8081
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-P", "-m", "bot.healthcheck"]

# Where a volume is mounted as root's and nobody can say otherwise (Fly.io): the first process gives it away, and with
# that its power. The program itself never runs as root.
FROM installed AS volume
USER root
ENTRYPOINT ["sh", "-euc", "chown autobuild:autobuild /data; export HOME=/home/autobuild; exec setpriv --reuid=autobuild --regid=autobuild --init-groups --no-new-privs autobuild \"$@\"", "autobuild"]
CMD ["serve"]

FROM installed
USER autobuild
ENTRYPOINT ["autobuild"]
CMD ["serve"]
