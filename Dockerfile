# Builds the page, then leaves behind what only the build needs.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: the only one that does something here would fetch Node 24 a second time.
RUN npm ci --ignore-scripts
COPY public public
# What the pages share with the server.
COPY src/model src/model
RUN node public/build.ts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=9090 DATA=/data
WORKDIR /app
COPY package.json package-lock.json ./
# What is optional is TypeScript, and faster parts of ws.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY fbp.json LICENSE ./
COPY src src
COPY components components
COPY graphs graphs
COPY spec/*.yaml spec/
COPY --from=build /app/public/dist public/dist
RUN mkdir -m 0700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9090
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "-r", "./src/node24.cjs", "src/main.ts"]
