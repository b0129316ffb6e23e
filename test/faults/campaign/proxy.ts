import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Chance, createChance } from '../../../cli/demo/chance.ts';
import { interceptConnection } from './interception.ts';
import { type Conditions, carry } from './lane.ts';
import type { FaultProxy } from './scenario.ts';

export type OwnedProxy = FaultProxy & { close(): Promise<void> };

type ProxyOptions = {
  /** `host:port` of what it stands before. */
  readonly target: string;
  /** Only where it understands Postgres can it intercept statements; by default it knows bytes. */
  readonly speaks?: 'bytes' | 'postgres';
  /** Draws the delays. */
  readonly chance?: Chance;
  /** Where it listens; any free port by default. */
  readonly port?: number;
};

/**
 * A TCP proxy that does to connections what networks and servers do on bad days. Our own, because F4 and F7 must act
 * on single statements, between a commit and its reply, which no general proxy (toxiproxy, say) can tell apart; and
 * one proxy serves all faults.
 *
 * A pause keeps what was sent, as TCP does by sending it again: it arrives after `resume`, unless the connection was
 * cut before. Refused connections are reset right after they were accepted, so that the port stays ours.
 */
export async function createFaultProxy(options: ProxyOptions): Promise<OwnedProxy> {
  const { target, speaks = 'bytes', chance = createChance(1) } = options;
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let range: Parameters<FaultProxy['delay']>[0] = null;
  let look: Parameters<FaultProxy['intercept']>[0] = null;
  let refusing = false;
  let connections = 0;
  let gate = openGate();
  const conditions: Conditions = {
    delayMs: () => (range === null ? 0 : chance.between(range.fromMs, range.toMs)),
    open: () => gate.opened,
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const adopt = (socket: Socket) => {
    sockets.add(socket.setNoDelay(true));
    // What the error means for the other side is said where bytes are carried (lane.ts).
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };

  async function join(client: Socket): Promise<void> {
    adopt(client);
    if (refusing) return void client.resetAndDestroy();
    await gate.opened;
    if (client.destroyed) return;
    const upstream = adopt(connect(Number(port), host));
    const number = ++connections;
    const ways = speaks === 'postgres' ? intercepted(number, client, upstream) : TRANSPARENT;
    carry(client, upstream, conditions, ways.toServer);
    carry(upstream, client, conditions, ways.toClient);
  }
  function intercepted(number: number, client: Socket, upstream: Socket) {
    const both = () => {
      client.destroy();
      upstream.destroy();
    };
    return interceptConnection(number, () => look, both);
  }

  const server = createServer((client) => void join(client));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay(next) {
      range = next;
    },
    pause() {
      if (gate.isOpen) gate = closedGate();
    },
    resume() {
      refusing = false;
      gate.open();
      gate = openGate();
    },
    refuse() {
      refusing = true;
      cut();
    },
    cut,
    intercept(next) {
      if (speaks !== 'postgres') throw new Error(`the proxy before ${target} knows bytes only`);
      look = next;
    },
    async close() {
      gate.open();
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

const TRANSPARENT = {
  toServer: (chunk: Buffer, write: (bytes: Buffer) => Promise<void>) => write(chunk),
  toClient: (chunk: Buffer, write: (bytes: Buffer) => Promise<void>) => write(chunk),
};

type Gate = { readonly isOpen: boolean; readonly opened: Promise<void>; open(): void };

function openGate(): Gate {
  return { isOpen: true, opened: Promise.resolve(), open: () => undefined };
}

function closedGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { isOpen: false, opened, open };
}
