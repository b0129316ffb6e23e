import { run } from './compose.ts';

await run();
