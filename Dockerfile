# The bot as an image. Mount the settings as /app/launch-control.toml and give the secrets as environment variables.
# The store is on the volume /data, the only place where the bot may write.
FROM python:3.11-slim

WORKDIR /app
COPY install.sh pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY bot bot
COPY handlers handlers
COPY formatting formatting
RUN COPY_CODE=1 ./install.sh serve /opt/launch-control \
    && useradd --home-dir /data --create-home launch-control

VOLUME /data
WORKDIR /data
USER launch-control
CMD ["/opt/launch-control/bin/launch-control", "serve", "--settings", "/app/launch-control.toml"]
