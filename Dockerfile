# One image for the dashboard and for the nightly job; compose.yaml says which is which.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    NEARFIELD_HOME=/work \
    NEARFIELD_LOG=stderr \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false

RUN useradd --create-home --uid 10001 nearfield \
 && install --directory --owner=nearfield /work /backups

WORKDIR /nearfield

# The lock first: it changes less often than the code. PostgreSQL's driver and sign-in are
# extras, held to the versions that the tests run with.
COPY requirements.txt requirements-dev.txt ./
RUN pip install --requirement requirements.txt \
 && pip install --constraint requirements-dev.txt "psycopg[binary]" authlib httpx

COPY pyproject.toml README.md LICENSE ./
COPY data data
COPY forecasting forecasting
COPY optimization optimization
COPY dashboard dashboard
RUN pip install --no-deps --editable .

USER nearfield
EXPOSE 8501
VOLUME ["/work", "/backups"]
ENTRYPOINT ["nearfield"]
CMD ["serve", "/brand", "--address", "0.0.0.0", "--port", "8501"]
