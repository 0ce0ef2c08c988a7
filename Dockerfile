# The command with its sandbox; used by docker-compose.yml and as a base for a migration step of your own.
FROM python:3.13-slim
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY orchestrator ./orchestrator
RUN pip install --no-cache-dir '.[sandbox]'
COPY plans ./plans
RUN useradd --system orchestrator
USER orchestrator
ENTRYPOINT ["orchestrator"]
CMD ["--help"]
