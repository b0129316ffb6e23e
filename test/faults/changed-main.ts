import { fileURLToPath } from 'node:url';
import { run } from '../../compose.ts';

// Remit as main.ts runs it, with workflows that were changed.
await run({ workflowsPath: fileURLToPath(new URL('changed-workflows/index.ts', import.meta.url)) });
