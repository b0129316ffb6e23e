/** How often a fault is inflicted within a run: `least` times, and up to `more` times beyond while none has bitten. */
export type Rounds = { readonly least: number; readonly more: number };

/**
 * Sums the hits that each round returns. Whether one bites is a matter of milliseconds, which no seed decides, and a
 * run that hit nothing shows nothing.
 */
export async function sumHits({ least, more }: Rounds, inflictOnce: () => Promise<number>): Promise<number> {
  let hits = 0;
  for (let round = 0; round < least || (hits === 0 && round < least + more); round += 1)
    hits += await inflictOnce();
  return hits;
}
