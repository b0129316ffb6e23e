import { parseAmount } from '../../domain/money.ts';
import { wrongField } from '../problem.ts';

/**
 * An amount whose currency is known only after the body was checked, such as a hold's, in minor units.
 * @throws Problem 400 that names the field
 */
export function readAmountOf(
  pointer: string,
  text: string,
  currency: string,
  options: { allowZero?: boolean } = {},
): bigint {
  const parsed = parseAmount(text, currency, options);
  if (!parsed.ok) throw wrongField(pointer, parsed.message);
  return parsed.amountMinor;
}
