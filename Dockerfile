# The tap, Meltano and one loader: docs/cookbook.md#a-container
FROM python:3.12.11-slim-bookworm

RUN pip install --no-cache-dir meltano==4.4.1 \
  && useradd --create-home --uid 10001 meltano \
  && install --directory --owner=meltano /project /project/output /state

USER 10001
WORKDIR /project
COPY --chown=10001 . .

# Another loader of meltano.yml: `docker build --build-arg LOADER=target-snowflake .`
ARG LOADER=target-postgres
RUN meltano install tap-omnimessages "${LOADER}"

# States live outside the container: in a volume at /state, or in the database that this names.
ENV MELTANO_DATABASE_URI=sqlite:////state/meltano.db \
    MELTANO_AUTO_INSTALL=false
VOLUME /state

ENTRYPOINT ["meltano"]
CMD ["--environment=prod", "run", "tap-omnimessages", "target-postgres"]
