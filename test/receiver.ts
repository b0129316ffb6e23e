import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** A real HTTP server that webhooks may be sent to. */
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
};

/** Answers the nth request with the nth status (the last one for ever); `hang` never answers, `reset` hangs up. */
export type Answers = readonly (number | 'hang' | 'reset')[];

export async function startReceiver(answers: Answers = [200]): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    const answer = answers[Math.min(received.length, answers.length) - 1] ?? 200;
    if (answer === 'hang') return;
    if (answer === 'reset') return void request.socket.destroy();
    // A redirect to where it would be taken, were it followed.
    response.writeHead(answer, answer >= 300 && answer < 400 ? { location: '/elsewhere' } : {});
    // More than anybody should read.
    response.end('x'.repeat(100_000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
