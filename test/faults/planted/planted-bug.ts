/** A mistake that somebody could make in Remit, as `<name>.patch` beside this file, and the test that must fail for it. */
export type PlantedBug = {
  readonly name: string;
  /** What the patch makes Remit do wrong. */
  readonly wrong: string;
  /** The promise that it breaks: a document of the design and what it says. */
  readonly breaks: string;
  /** The quickest test that catches it. */
  readonly test: {
    readonly project: 'unit' | 'int';
    readonly file: string;
    /** How the test's name ends, word for word. */
    readonly name: string;
  };
  /** True where the simulator must catch it too, with `npm run planted -- --simulator`. */
  readonly simulated?: true;
};
