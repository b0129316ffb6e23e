import { promises as dns, type LookupAddress } from 'node:dns';

/** One question to a name server, and how often it is asked: with c-ares' doubling some 6 s in all. */
const QUESTION = { timeout: 2_000, tries: 2 };

/**
 * The addresses of a name that strangers chose, from the name servers alone: `dns.lookup` would take one of the
 * process's four threads for as long as their name server likes. Names for this machine are not asked for anywhere.
 * @param servers other name servers than the system's, such as `127.0.0.1:5353`
 * @throws the name server's error, such as ENOTFOUND or ETIMEOUT, where there is no address
 */
export async function resolveName(hostname: string, servers?: readonly string[]): Promise<LookupAddress[]> {
  if (isLocalhost(hostname)) return [{ address: '127.0.0.1', family: 4 }];
  const resolver = new dns.Resolver(QUESTION);
  if (servers !== undefined) resolver.setServers(servers);
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [...asFamily(four, 4), ...asFamily(six, 6)];
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
}

/** RFC 6761: the name and all below it are this machine. */
function isLocalhost(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}

function asFamily(answer: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
}
