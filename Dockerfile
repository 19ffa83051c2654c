# The bot as an image: put launch-control.toml beside it, give the secrets as environment variables.
FROM python:3.13-slim

WORKDIR /app
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY formatting formatting
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --create-home bot
USER bot
CMD ["launch-control", "serve", "--settings", "/app/launch-control.toml"]
