# syntax=docker/dockerfile:1
# glibc on purpose: the Temporal SDK's native part does not run on musl.
FROM node:22-bookworm-slim AS build
WORKDIR /shipway
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

# What performance tests send their requests with.
FROM golang:1.24-bookworm AS load
RUN CGO_ENABLED=0 go install github.com/tsenart/vegeta/v12@v12.13.0

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends git ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --create-home --home-dir /var/lib/shipway shipway \
  && install -d -m 700 -o shipway -g shipway /var/lib/shipway/state /var/lib/shipway/artifacts /var/lib/shipway/secrets
WORKDIR /shipway
COPY --from=build --chown=root:root /shipway/node_modules node_modules
COPY --from=build --chown=root:root /shipway/dist dist
COPY --from=build --chown=root:root /shipway/bin bin
COPY --from=load --chown=root:root /go/bin/vegeta /usr/local/bin/vegeta
COPY --from=build --chown=root:root /shipway/package.json /shipway/LICENSE ./
USER shipway
# Volumes of these folders begin with their owner.
ENV NODE_ENV=production SHIPWAY_STATE_DIR=/var/lib/shipway/state SHIPWAY_ARTIFACT_DIR=/var/lib/shipway/artifacts SHIPWAY_SECRETS_DIR=/var/lib/shipway/secrets SHIPWAY_API_PORT=7070
VOLUME /var/lib/shipway
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.SHIPWAY_API_PORT + '/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/shipway/bin/shipway.js"]
CMD ["worker"]
