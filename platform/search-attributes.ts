import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { type TemporalClient, withDeadline } from './temporal.ts';

/** By this a transfer is found that shares its workflow with others: `RemitTransferIds = "rent-2026-08"`. */
export const TRANSFER_IDS = defineSearchAttributeKey('RemitTransferIds', SearchAttributeType.KEYWORD_LIST);

/** Of temporal.api.enums.v1.IndexedValueType. */
const KEYWORD_LIST = 7;

/** True where a workflow was not started because the namespace does not know the attribute; only the text tells. */
export function isUnknownAttribute(error: unknown): boolean {
  const texts = error instanceof Error ? [error.message, String(error.cause)] : [];
  return texts.some((text) => text.includes(`search attribute ${TRANSFER_IDS.name}`));
}

/** Makes the attribute known to the client's namespace. @throws where that is not allowed (Temporal Cloud), or away */
export async function addTransferIds(client: TemporalClient): Promise<void> {
  const { namespace } = client.options;
  const searchAttributes = { [TRANSFER_IDS.name]: KEYWORD_LIST };
  await withDeadline(client, () =>
    client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
  );
}
