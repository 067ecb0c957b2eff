# The command with what it needs at run time and nothing else: Node, its libraries, and a shell for health commands.
# For other machines too: docker buildx build --platform linux/amd64,linux/arm64 --tag NAME --push .
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm pack
WORKDIR /image/app/node_modules/mock-veridas
RUN tar --extract --gzip --strip-components=1 --file /build/mock-veridas-*.tgz
WORKDIR /image
# The client of Redis is an optional part of the package, which the image has for --store.
RUN cp -r /build/node_modules/redis /build/node_modules/@redis app/node_modules \
 && mkdir app/node_modules/.bin \
 && ln -s ../mock-veridas/dist/mock-veridas.cjs app/node_modules/.bin/mock-veridas \
 && mkdir -p usr/local/bin etc tmp home/node/.mock-veridas \
 && ln -s /app/node_modules/.bin/mock-veridas usr/local/bin \
 && programs="$(command -v node) /bin/sh /usr/bin/env" \
 && cp --parents --dereference $programs $(ldd $programs | grep -o '/[^ :)]*' | sort -u) . \
 && chmod 1777 tmp home/node/.mock-veridas \
 && echo 'node:x:1000:1000::/home/node:/bin/sh' >etc/passwd \
 && echo 'node:x:1000:' >etc/group \
 # The same files give the same layer.
 && find . -exec touch --no-dereference --date=@0 {} +

FROM scratch
LABEL org.opencontainers.image.title="mock-veridas" \
      org.opencontainers.image.description="Offline stand-in for Veridas VideocallManager. Unofficial." \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image /
WORKDIR /app
# Reachable from outside the container over IPv4 and IPv6, so that the control API requires Basic credentials.
ENV MOCK_VERIDAS_HOST=::
# Any user may keep the certificate of --https in a volume at /home/node/.mock-veridas.
ENV HOME=/home/node
USER 1000:1000
EXPOSE 4010
# On a busy machine a check is slow, and a simulator that serves must not become unhealthy.
HEALTHCHECK --interval=2s --timeout=30s --retries=15 CMD ["mock-veridas", "healthcheck"]
ENTRYPOINT ["mock-veridas"]
CMD ["start"]
