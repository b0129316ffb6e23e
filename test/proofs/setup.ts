import { recordFetch } from './record.ts';

recordFetch();
