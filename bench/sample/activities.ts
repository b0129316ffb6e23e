/** What the sample's transfer is about. */
export type PaymentDetails = {
  readonly sourceAccount: string;
  readonly targetAccount: string;
  readonly amountMinor: number;
  readonly referenceId: string;
};

/** The two activities of the well-known money transfer. They do nothing, so that only the engine is measured. */
export const activities = {
  async withdraw({ referenceId }: PaymentDetails): Promise<string> {
    return `withdrawn ${referenceId}`;
  },
  async deposit({ referenceId }: PaymentDetails): Promise<string> {
    return `deposited ${referenceId}`;
  },
};
