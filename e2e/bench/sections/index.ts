/** In the order of the table. */

import type { Section } from '../support/harness';
import { actions } from './actions';
import { getsSection } from './gets';
import { hidden } from './hidden';
import { joining } from './joining';
import { catalogueSection, requestsSection } from './lists';
import { loss } from './loss';
import { mainThread } from './main-thread';
import { memory } from './memory';
import { pointers } from './pointers';
import { sizes } from './sizes';
import { step } from './step';
import { threads } from './threads';
import { training } from './training';
import { transfers } from './transfers';

export const sections: readonly Section[] = [
  step,
  training,
  hidden,
  getsSection,
  requestsSection,
  catalogueSection,
  transfers,
  mainThread,
  memory,
  actions,
  pointers,
  joining,
  loss,
  sizes,
  threads,
];
