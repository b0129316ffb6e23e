import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../platform/config.ts';
import { portsFromEnv } from '../stack/ports.ts';

const service = z.looseObject({
  image: z.string().optional(),
  build: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.enum(['service_healthy', 'service_started']) }))
    .default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  pull_policy: z.string().optional(),
  volumes: z.array(z.string()).default([]),
});
const composeSchema = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

async function file(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8');
}

async function compose() {
  return composeSchema.parse(parse(await file('docker-compose.yml'), { merge: true }));
}

test('docker-compose.yml has every part of the stack, each with a health check and on loopback only', async () => {
  const { services, volumes } = await compose();
  expect(Object.keys(services).sort()).toEqual(
    ['api', 'kafka', 'kafka-ui', 'postgres', 'projector', 'temporal', 'temporal-ui', 'worker'].sort(),
  );
  expect(await file('Dockerfile'), 'the image of remit checks its own health').toMatch(/^HEALTHCHECK /m);
  for (const [name, service] of Object.entries(services)) {
    const { ports, image, depends_on: needs, volumes: mounts, healthcheck } = service;
    expect(healthcheck === undefined, name).toBe(image === 'remit');
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    expect(image, `${name} has an image with a fixed version`).toMatch(/^remit$|:v?[0-9][^:]*$/);
    for (const need of Object.keys(needs)) expect(services).toHaveProperty([need]);
    for (const mount of mounts) expect(volumes).toHaveProperty([mount.split(':')[0] ?? '']);
  }
});

test('docker-compose.yml takes the same ports of this machine as npm start', async () => {
  const { services } = await compose();
  const hostPorts = (name: string) => services[name]?.ports.map((port) => Number(port.split(':')[1]));
  const { postgres, kafka, temporal, temporalUi } = portsFromEnv({});
  expect(hostPorts('postgres')).toEqual([postgres]);
  expect(hostPorts('kafka')).toEqual([kafka]);
  expect(hostPorts('temporal')).toEqual([temporal]);
  expect(hostPorts('temporal-ui')).toEqual([temporalUi]);
  expect(hostPorts('api')).toEqual([loadConfig(services.api?.environment ?? {}).PORT]);
});

test('docker-compose.yml sets variables that Remit knows, to values that it takes, and each role once', async () => {
  const { services } = await compose();
  const ours = Object.values(services).filter(({ image }) => image === 'remit');
  const configs = ours.map(({ environment }) => ({ environment, config: loadConfig(environment) }));
  for (const { environment, config } of configs) {
    const known = Object.keys(config);
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    expect(config.TEMPORAL_UI_URL).toBe(`http://127.0.0.1:${portsFromEnv({}).temporalUi}`);
  }
  const roles = configs.flatMap(({ config }) => config.ROLES);
  expect(roles.sort()).toEqual(['api', 'projector', 'worker']);
});

test('the image of remit is built once, and whoever else runs it waits for that', async () => {
  const { services } = await compose();
  const ours = Object.entries(services).filter(([, { image }]) => image === 'remit');
  expect(ours.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['api']);
  for (const [name, { pull_policy: pull, depends_on: needs }] of ours) {
    if (name === 'api') continue;
    expect(pull, name).toBe('never');
    expect(needs, name).toMatchObject({ api: { condition: 'service_started' } });
  }
});

test('the image holds every room that main.ts may need, and nothing that only tests use', async () => {
  const dockerfile = await file('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (\w+) \1$/gm)].map(([, room]) => room);
  const roles = ['activities', 'api', 'dispatch', 'domain', 'platform', 'projector', 'sql', 'workflows'];
  expect(copied.sort()).toEqual([...roles, 'cli'].sort());
  const ignore = await file('.dockerignore');
  for (const room of copied) expect(ignore).toMatch(new RegExp(`^!${room}$`, 'm'));
});
