/** `npm run bench`: every table, one after the other. Nothing here is a test. */

import { benchMainJob } from './main-job';
import { benchTraining } from './training';

await benchMainJob();
await benchTraining();
