import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import getPort, { portNumbers } from 'get-port';
import { SetupFailure } from './failure.ts';

/**
 * Free ports are drawn from below what systems give by default to whoever asks for any port (Linux from 32768, others
 * from 49152), so that no connection takes one between the draw and its use, nor while its server is down.
 */
const DRAWN = { first: 20_000, last: 32_767 };

/** Ports of the parts on 127.0.0.1. */
export type StackPorts = { postgres: number; kafka: number; temporal: number; temporalUi: number };

/** The default ports, each overridable by its variable. */
export function portsFromEnv(env: NodeJS.ProcessEnv): StackPorts {
  return {
    postgres: portFromEnv(env, 'REMIT_POSTGRES_PORT', 54_329),
    kafka: portFromEnv(env, 'REMIT_KAFKA_PORT', 19_092),
    temporal: portFromEnv(env, 'REMIT_TEMPORAL_PORT', 7_233),
    temporalUi: portFromEnv(env, 'REMIT_TEMPORAL_UI_PORT', 8_233),
  };
}

/**
 * Where a command finds Temporal: `TEMPORAL_ADDRESS`, or the local stack's.
 * @throws SetupFailure when the port's variable holds anything but a port.
 */
export function temporalAddress(env: NodeJS.ProcessEnv): string {
  return env.TEMPORAL_ADDRESS || `127.0.0.1:${portsFromEnv(env).temporal}`;
}

/**
 * A port from a variable, or the fallback when it is not set.
 * @throws SetupFailure when the variable holds anything but a port.
 */
export function portFromEnv(env: NodeJS.ProcessEnv, variable: string, fallback: number): number {
  const port = Number(env[variable] || fallback);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new SetupFailure(`${variable} is ${env[variable]}: set it to a port between 1 and 65535.`);
}

/**
 * Makes sure that nothing listens on a port.
 * @throws SetupFailure with the sentence that names the port, the part and the variable that moves it.
 */
export async function requireFreePort(port: number, part: string, variable: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (cause) {
    const moves = `stop what listens there or set ${variable}`;
    throw new SetupFailure(`Port ${port} for ${part} is in use: ${moves}.`, { cause });
  }
}

/** A port of 127.0.0.1 that was free a moment ago, and that this process was not given within the last 15 s. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: portNumbers(randomInt(DRAWN.first, DRAWN.last), DRAWN.last) });
}

function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve()));
  });
}
