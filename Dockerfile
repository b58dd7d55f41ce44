# The signaling server with its pages: built in the first stage, of which the second keeps nothing but the result.

FROM node:20-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --ignore-scripts
RUN npm run build -w duetjs-signaling

FROM node:20-slim
WORKDIR /srv/duet
COPY --from=build /build/signaling-server/dist/ ./
ENV NODE_ENV=production \
    DUET_SIGNALING_HOST=0.0.0.0 \
    DUET_SIGNALING_PORT=8787 \
    DUET_SIGNALING_LOG=json
USER node
EXPOSE 8787
# Asks over plain http: give the container a proxy with TLS in front, or override this.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.DUET_SIGNALING_PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "duetjs-signaling.js"]
