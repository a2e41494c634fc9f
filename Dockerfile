# First stage: the wheel, with the browser files and translations inside. pip brings all the tools it needs.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

# Second stage: the locked libraries, then the wheel, and a user without rights.
FROM python:3.13-slim
COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock
COPY --from=build /wheels /tmp/wheels
RUN pip install --no-cache-dir --no-deps /tmp/wheels/*.whl
RUN useradd --create-home --uid 10001 mailhub
RUN mkdir -p /data && chown mailhub:mailhub /data

USER mailhub
# A config.toml in /data is read when there is one, since /data is the working folder.
WORKDIR /data
VOLUME /data
ENV PYTHONUNBUFFERED=1 \
    MAILHUB_SERVER__DATA=/data \
    MAILHUB_WEB__HOST=0.0.0.0 \
    MAILHUB_SMTP__HOST=0.0.0.0
# Pages and API; mail handed in by people who sign in; mail from other servers.
EXPOSE 8000 2587 2525
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["mailhub", "serve"]
