# Tenantry for production: PostgreSQL and Keycloak come from outside (DATABASE_URL, KEYCLOAK_URL, SECRETS_KEY).

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY migrations ./migrations
COPY src ./src
# What is embedded for trying Tenantry out has no place beside real data.
RUN npm run build && rm -rf dist/src/embedded dist/.tsbuildinfo

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Optional dependencies stay: sharp's binaries are among them.
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
# Looking up names takes threads, half of them at most; a slow name server of one tenant must not take all there are.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    UV_THREADPOOL_SIZE=16
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
