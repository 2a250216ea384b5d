# The image of both processes: `pharia-access operator` and `pharia-access verifier`.
# docs/how-to/build-the-image.md says how it is built, for which architectures, and how it is signed.
#
# Debian with Python 3.11 and pip's venv module to be had by apt; CI builds with a base of its own.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# The newest of Debian's, for the security updates.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*

# What the image holds of Debian: its CPython, which is built with PGO and LTO, and the libraries under it. No shell, no
# package manager, no pip. The entries in status.d are for scanners, as distroless images have them.
WORKDIR /packages
RUN apt-get update \
    && apt-get download base-files netbase \
        python3-minimal python3.11-minimal libpython3.11-minimal libpython3.11-stdlib \
        libc6 libgcc-s1 libbz2-1.0 libcrypt1 libexpat1 libffi8 liblzma5 libssl3 libuuid1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /root-of-image/var/lib/dpkg/status.d \
    && for package in *.deb; do \
        dpkg-deb --extract "${package}" /root-of-image || exit; \
        dpkg-deb --field "${package}" >"/root-of-image/var/lib/dpkg/status.d/${package%%_*}" || exit; \
    done \
    && rm -rf /root-of-image/usr/share/doc /root-of-image/usr/share/lintian /root-of-image/usr/share/man \
    && echo "nonroot:x:65532:65532::/nonexistent:/nonexistent" >/root-of-image/etc/passwd \
    && echo "nonroot:x:65532:" >/root-of-image/etc/group \
    && python3 -m compileall -q --invalidation-mode unchecked-hash -s /root-of-image /root-of-image/usr/lib/python3.11

# What comes from the Python package index: wheels only, with the hashes of the lock.
WORKDIR /project
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv /tools \
    && /tools/bin/pip install --require-hashes --only-binary :all: --requirement requirements/build.txt \
    && python3 -m venv --without-pip /opt/pharia-access \
    && /tools/bin/pip --python /opt/pharia-access install --no-compile \
        --require-hashes --only-binary :all: --requirement requirements/runtime.txt

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /tools/bin/pip --python /opt/pharia-access install --no-compile --no-index --no-deps /wheels/*.whl \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/pharia-access

FROM scratch
LABEL org.opencontainers.image.title="pharia-access" \
    org.opencontainers.image.description="API credentials and tokens on Kubernetes: the operator and the verifier" \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /root-of-image /
COPY --from=build /opt/pharia-access /opt/pharia-access
ENV PATH=/opt/pharia-access/bin:/usr/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["pharia-access"]
