import type { Dispatcher } from '../dispatch/dispatcher.ts';

/** For an API that is sent no command, and whose workflows nobody asks after. */
export const noDispatcher: Dispatcher = {
  execute: () => Promise.reject(new Error('no command is sent here')),
  startedAt: async () => null,
};
