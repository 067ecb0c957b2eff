# The command with what it needs at run time and nothing else.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm pack && mv mock-veridas-*.tgz mock-veridas.tgz

FROM node:22-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /build/mock-veridas.tgz .
# The client of Redis is an optional part of the package, which the image has for --store.
RUN npm install --omit=dev --no-audit --no-fund ./mock-veridas.tgz redis@6 \
 && npm cache clean --force \
 && rm mock-veridas.tgz
# Reachable from outside the container, so that the control API requires Basic credentials.
ENV MOCK_VERIDAS_HOST=0.0.0.0
USER node
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/app/node_modules/mock-veridas/dist/mock-veridas.cjs", "healthcheck"]
ENTRYPOINT ["tini", "--", "node", "/app/node_modules/mock-veridas/dist/mock-veridas.cjs"]
CMD ["start"]
