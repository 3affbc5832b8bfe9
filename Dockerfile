# syntax=docker/dockerfile:1
# One image for every role: ANNEX_ROLE chooses (all, api, worker, migrate). Debian 12, since isolated-vm's prebuilt binary wants glibc 2.34.
# It holds one Node, and neither PostgreSQL nor a compiler: name a PostgreSQL with DATABASE_URL.
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY libs ./libs
COPY apps ./apps
COPY scripts ./scripts
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund && node scripts/slim.mjs .

FROM debian:bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Node links to these; perl, which builds the executors' walls, is part of the base.
RUN apt-get update && apt-get install -y --no-install-recommends libatomic1 libstdc++6 && rm -rf /var/lib/apt/lists/*
RUN groupadd --system annex && useradd --system --gid annex --home-dir /app --shell /usr/sbin/nologin annex \
  && install -d -o annex -g annex /data
# Node alone, without npm, headers and documentation. Its authorities are built in; those of files are named by settings.
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY migrations ./migrations
# Executors get a user of their own only when Annex starts as root, which then is the one process that can see the keys. Start it with
# `--user annex` to give that layer up for a container without root; docs/sandbox.md says what each choice leaves.
USER root
ENV ANNEX_DATA_DIR=/data PORT=3000 ANNEX_METRICS_PORT=9464
VOLUME /data
EXPOSE 3000 9464
# Every role answers there, workers too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ANNEX_METRICS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/annex/dist/main.js"]
