/** What Comlink's calls go to. */

import { expose } from 'comlink';
import { adder } from './calls';

expose(adder);
