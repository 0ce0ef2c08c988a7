# The command, as a migration step or as the base of one; with --build-arg EXTRA=sandbox it brings the sandbox too.
FROM python:3.13-slim
WORKDIR /app
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin orchestrator

# What it depends on changes seldom, its sources often: a change of these alone installs nothing else again.
ARG EXTRA=
COPY pyproject.toml ./
RUN python -c "import os, tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
extras = {'': (), **project['optional-dependencies']}; \
print(*project['dependencies'], *extras[os.environ['EXTRA']], sep='\n')" \
    > /tmp/dependencies.txt && pip install --no-cache-dir -r /tmp/dependencies.txt

COPY README.md LICENSE ./
COPY orchestrator ./orchestrator
RUN pip install --no-cache-dir --no-deps .

# By number, which Kubernetes' runAsNonRoot can check.
USER 10001
ENTRYPOINT ["orchestrator"]
CMD ["--help"]
