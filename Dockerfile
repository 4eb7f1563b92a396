# One image, two processes: `autobuild serve` and `autobuild worker` (docs/operations.md says how to run them).
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv .venv \
 && sed -n '/^uv==/,/[^\\]$/p' requirements.lock > uv.txt \
 && .venv/bin/python -m pip install --quiet --no-cache-dir --require-hashes -r uv.txt \
 && .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --require-hashes -r requirements.lock
COPY activities ./activities
COPY bot ./bot
COPY workflows ./workflows
RUN .venv/bin/uv pip install --quiet --no-cache --python .venv/bin/python --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 autobuild \
 && install --directory --owner=autobuild --group=autobuild /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH AUTOBUILD_DATA=/data AUTOBUILD_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER autobuild
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["autobuild"]
CMD ["serve"]
