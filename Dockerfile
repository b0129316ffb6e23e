# One image for every role: ROLES says which of api, worker and projector a container runs.
FROM node:20-slim AS packages
WORKDIR /remit
COPY package.json package-lock.json .npmrc ./
# Takes the versions of the lock file, as stack/bootstrap.mjs does: `npm ci` fails where a registry lacks packages
# for other platforms.
RUN npm install --omit=dev --no-save --no-progress

FROM node:20-slim
# From outside the container the API can only be reached on all of its addresses.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /remit
COPY --from=packages /remit/node_modules node_modules
COPY package.json tsconfig.json main.ts compose.ts ./
COPY activities activities
COPY api api
COPY cli cli
COPY dispatch dispatch
COPY domain domain
COPY platform platform
COPY projector projector
COPY sql sql
COPY workflows workflows
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=6 \
  CMD ["node", "--import", "tsx", "cli/health.ts"]
CMD ["node", "--import", "tsx", "--import", "./activities/workflow-thread.mjs", "main.ts"]
