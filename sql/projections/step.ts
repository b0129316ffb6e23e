import type { DomainEvent } from '../../domain/events.ts';
import type { LoggedEvent } from '../codec.ts';

/** One event as a projection gets it: where it stands, and what it says. */
export type Step = { readonly event: LoggedEvent; readonly fact: DomainEvent };
